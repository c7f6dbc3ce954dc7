import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { TestBed } from '../support/test-bed.js';

const ACCESS = `
access:
  tokens:
${['ann', 'bob', 'reader', 'root', 'nobody']
  .map((name) => {
    const roles = { ann: 'user', bob: 'user', reader: 'reader', root: 'admin' }[name];
    const sha256 = createHash('sha256').update(`of-${name}`).digest('hex');
    return `    - {name: ${name}, sha256: ${sha256}, roles: [${roles ?? ''}]}`;
  })
  .join('\n')}
  roles:
    user: {may: [read, execute, logs, dismiss]}
    reader: {may: [read], processes: [lines]}
    admin: {may: [admin]}
`;
const of = (name: string) => `of-${name}`;

describe('roles', () => {
  let bed: TestBed;
  let job: string;
  beforeAll(async () => {
    bed = await TestBed.start({}, { configuration: (text) => `${text}${ACCESS}` });
    job = await bed.submit('hello', { name: 'x' }, { token: of('ann') });
  });
  afterAll(() => bed.stop());

  const statuses = async (path: string, ...names: readonly (string | undefined)[]): Promise<number[]> =>
    Promise.all(names.map(async (name) => (await bed.get(path, name && of(name))).status));

  it('ask who one is, whether or not there is anything', async () => {
    for (const path of ['/processes', '/jobs', '/processes/hello', '/processes/none', `/jobs/${job}`, '/jobs/none'])
      expect(await statuses(path, undefined, 'eve')).toEqual([401, 401]);
    const wrong = await bed.get('/jobs', 'wrong');
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
    expect(await statuses('/', undefined)).toEqual([200]);
  });

  it('let one see one’s own jobs, and admins all', async () => {
    for (const path of ['', '/results', '/logs', '/request'])
      expect((await statuses(`/jobs/${job}${path}`, 'bob', 'reader', 'nobody')).join()).toBe('404,404,404');
    expect(await statuses(`/jobs/${job}`, 'ann', 'root')).toEqual([200, 200]);
    expect((await bed.delete(`/jobs/${job}`, of('bob'))).status).toBe(404);
  });

  it('let one do with a process what one may', async () => {
    expect(await statuses('/processes/hello', 'ann', 'reader', 'nobody')).toEqual([200, 404, 404]);
    const forbidden = await bed.execute('lines', {}, { token: of('reader') });
    expect([forbidden.status, forbidden.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope"',
    ]);
    expect((await bed.execute('hello', {}, { token: of('reader') })).status).toBe(404);
    expect((await bed.execute('hello', {})).status).toBe(401);
    expect((await bed.execute('none', {})).status).toBe(401);
  });
});
