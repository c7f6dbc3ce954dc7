import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { base32 } from 'rfc4648';
import { v7 as uuidv7 } from 'uuid';
import { Bed } from './bed.mjs';
import { finished, templateOf } from './kube-jobs.mjs';
import { concurrently, eventually, median, timed } from './measure.mjs';

const OWNERS = 100;
const READS = 1000;
const PATH = '/jobs?limit=10';
const sha256 = (text) => createHash('sha256').update(text).digest();

/** A page of one's own jobs among those of others, in turn with one of all jobs of a server without roles, on the same cluster. */
export async function access(report, { jobs: count, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const without = await bed.startServer({ nodeOptions });
    const template = await templateOf(bed, without, 'unschedulable', { text: 'x'.repeat(100) });
    await concurrently(count, 10, (index) =>
      bed.api.text('POST', bed.api.jobs, finished(ownedBy(template, index % OWNERS), uuidv7(), index)),
    );
    const seen = (server, headers) => async () =>
      JSON.parse((await server.send('GET', PATH, { headers })).text).numberMatched;
    await eventually('all jobs in the list', async () => (await seen(without)()) > count, 120_000);
    const configuration = join(bed.folder, 'access.yaml');
    await writeFile(configuration, (await readFile('test/benchmarks/config.yaml', 'utf8')) + ACCESS);
    const withRoles = await bed.startServer({ configuration, nodeOptions });
    const headers = { authorization: 'Bearer of-caller-0' };
    const own = await eventually('one’s own jobs', seen(withRoles, headers), 120_000);
    report.note(`${count} jobs of ${OWNERS} owners, of whom one sees ${own}`);
    const times = { without: [], withRoles: [] };
    for (let index = 0; index < READS + 100; index += 1) {
      const all = await timed(() => without.send('GET', PATH));
      const some = await timed(() => withRoles.send('GET', PATH, { headers }));
      if (index < 100) continue;
      times.without.push(all);
      times.withRoles.push(some);
    }
    report.times(`GET ${PATH} without roles`, times.without);
    report.times(`GET ${PATH} of one’s own`, times.withRoles);
    const more = median(times.withRoles) - median(times.without);
    report.budget('what roles cost a page, p50', more, { name: 'roles_cost_of_page_p50', most: 0.3, budget: '0.3 ms' });
  } finally {
    await bed.stop();
  }
}

const ACCESS = `
access:
  tokens: [{ name: caller-0, sha256: ${sha256('of-caller-0').toString('hex')}, roles: [user] }]
  roles:
    user: { may: [read, execute, logs, dismiss] }
`;

/** As the server says whose a job is: 160 bits of a digest of issuer and subject. */
function ownedBy(template, number) {
  const subject = `caller-${number}`;
  const digest = sha256(JSON.stringify(['tokens', subject])).subarray(0, 20);
  const owner = base32.stringify(digest, { pad: false }).toLowerCase();
  const own = 'processes.pygeoapi.io/owner';
  const { metadata, spec } = template.spec.template;
  const labels = { ...metadata.labels, [own]: owner };
  return {
    ...template,
    metadata: {
      ...template.metadata,
      annotations: { ...template.metadata.annotations, [own]: JSON.stringify({ subject }) },
    },
    spec: { ...template.spec, template: { metadata: { ...metadata, labels }, spec } },
  };
}
