import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../support/child.js';
import { onRealCluster } from '../support/cluster.js';
import { CONFIGURATION } from '../support/test-bed.js';
import { TestClient } from '../support/test-client.js';
import { transferConfiguration } from '../support/transfer.js';

/** Only root may run jobs as another user. */
const possible = !onRealCluster && process.platform === 'linux' && process.getuid?.() === 0;

let folder: string;
let server: Child | undefined;
let bed: TestClient;

const start = async (data: string, ...more: readonly string[]) => {
  const args = ['--cluster', 'embedded', '--port', '0', '--data-dir', data, '--config', join(folder, 'config.yaml')];
  return Child.start('dist/main.js', [...args, ...more], { SECRET: 'of the server' }, /^listening on (http:\/\/\S+)$/m);
};

/** @returns what the script wrote */
const run = async (script: string) => {
  const jobId = await bed.submit('upload', { script });
  expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
  return (await bed.log(jobId)).replace(/^Logs of pod .*\nContainer .*\n/, '');
};

(possible ? describe : describe.skip)('jobs of the embedded cluster with --run-as (only root can run them so)', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-run-as-'));
    await chmod(folder, 0o711);
    await writeFile(join(folder, 'config.yaml'), transferConfiguration(await readFile(CONFIGURATION, 'utf8')));
    const { child, match } = await start(join(folder, 'data'), '--run-as', 'nobody');
    server = child;
    bed = new TestClient(match[1]);
  });
  afterAll(async () => {
    await server?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('are that user’s, with no group and no capability more', async () => {
    const log = await run(
      'id -un; id -G; grep -E "^(Uid|Groups|Cap(Eff|Prm|Amb)):" /proc/self/status; touch own && echo writes',
    );
    expect(log.replaceAll(/[\t ]+/g, ' ')).toBe(
      'nobody\n65534\nUid: 65534 65534 65534 65534\nGroups: \nCapPrm: 0000000000000000\nCapEff: 0000000000000000\nCapAmb: 0000000000000000\nwrites\n',
    );
  });

  it('cannot read what the server keeps, of other jobs or of itself', async () => {
    const other = await bed.submit('inputs', { text: 'of another job' });
    await bed.ended(other);
    const found = await readdir(join(folder, 'data'), { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const kept of [
      /kubeconfig$/,
      /objects\.journal$/,
      /certificates\.json$/,
      /\/logs\/.*\.log$/,
      /\/objects\/.*-logs\.txt$/,
    ])
      expect(files).toContainEqual(expect.stringMatching(kept));
    const folders = found.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    const log = await run(
      [
        `for file in ${files.join(' ')} /proc/${server?.process.pid}/environ; do cat $file > copy 2>&1 && echo read $file; done`,
        `for folder in ${join(folder, 'data')} ${folders.join(' ')}; do ls $folder > copy 2>&1 && echo listed $folder; done`,
        'echo tried',
      ].join('; '),
    );
    expect(log).toBe('tried\n');
  });

  it('have results, large ones too, and upload files', async () => {
    const printed = await bed.submit('five-mebibytes');
    await bed.ended(printed);
    expect(await bed.result(printed)).toHaveLength(5_242_880);
    const uploaded = await bed.submit('upload', { script: 'printf a,b > f; put f $(url table)' });
    expect(await bed.ended(uploaded)).toMatchObject({ status: 'successful' });
    expect(await bed.result(uploaded)).toBe('a,b');
  });
});

(possible ? describe : describe.skip)('a start with --run-as (only root can)', () => {
  const refused = async (data: string, ...args: readonly string[]) => {
    const outcome = await start(data, ...args).then(
      async ({ child }) => (await child.end(), 'it started'),
      (error: Error) => error.message,
    );
    return outcome;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-run-as-start-'));
    await chmod(folder, 0o711);
    await writeFile(join(folder, 'config.yaml'), await readFile(CONFIGURATION, 'utf8'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is stopped by a folder that the user cannot reach, which it names', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    expect(await refused(join(closed, 'data'), '--run-as', '65534:65534')).toContain(
      `The embedded cluster cannot start: the user of --run-as (65534:65534) cannot reach ${closed};`,
    );
  });

  it.each([
    ['root', 'is root or its group'],
    ['nobody-at-all', 'there is no user nobody-at-all on this machine'],
  ])('is stopped by the user "%s"', async (user, why) => {
    const said = await refused(join(folder, 'data'), '--run-as', user);
    expect(said).toContain(why);
    expect(said).toMatch(/ended with [1-9]/);
  });

  it('warns once where root runs jobs as itself', async () => {
    const warning = /jobs run as root/g;
    const { child } = await start(join(folder, 'without'));
    await child.end();
    expect(child.output.match(warning)).toHaveLength(1);
    const { child: other } = await start(join(folder, 'with'), '--run-as', 'nobody');
    await other.end();
    expect(other.output).not.toMatch(warning);
  });
});
