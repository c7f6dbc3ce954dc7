import { describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';
import { transferConfiguration, transferEnvironment } from '../../support/transfer.js';

const MIB = 1024 ** 2;

/** Makes files of so many MiB, and says what is answered to them: `answer OPTIONS`. */
const TOOLS = [
  'file() { head -c $(($1 * 1048576)) /dev/zero > f; }',
  'answer() { echo "status $(curl -sS -L -o body -w "%{http_code}" "$@") $(grep -o "server.max[a-z_]*" body)"; }',
  'image=$(url image); table=$(url table)',
].join('\n');

describe('uploads of a job', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (bed) => (hostile = bed),
    { ...transferEnvironment, MAX_OUTPUT_BYTES: String(12 * MIB), MAX_JOB_OUTPUT_BYTES: String(14 * MIB) },
    { configuration: transferConfiguration },
  );

  /** Runs the script as a job, which must end well. @returns what was answered to it, one after another */
  const upload = async (lines: readonly string[], outputs: readonly string[]) => {
    const { bed } = hostile;
    const before = await bed.store.names();
    const body = { outputs: Object.fromEntries(outputs.map((id) => [id, {}])) };
    const jobId = await bed.submit('upload', { script: [TOOLS, ...lines].join('\n') }, { body });
    const { status } = await bed.ended(jobId);
    // 201 of the server, 200 of a bucket that it leads to.
    const answers = [...(await bed.log(jobId)).matchAll(/^status (.*)$/gm)].map(([, answer = '']) =>
      answer.trim().replace(/^20[01]$/, 'taken'),
    );
    const left = (await bed.store.names()).filter((name) => !before.includes(name));
    return { jobId, status, answers, left };
  };
  const sizeOf = async (jobId: string, outputId: string) =>
    (await (await hostile.bed.get(`/jobs/${jobId}/results/${outputId}`)).arrayBuffer()).byteLength;

  it('are refused beyond the ceiling of an output, and leave nothing of their parts', async () => {
    const { jobId, status, answers, left } = await hostile.stayingAlive(() =>
      upload(
        [
          'file 13; answer -T f "$image"',
          'file 5; for n in 1 2 3; do answer -T f "$image&part=$n"; done',
          'answer -X POST "$image&parts=2"',
          'file 1; answer -T f "$image"',
        ],
        ['image'],
      ),
    );
    const refused = '413 server.max_output_bytes';
    expect(answers).toEqual([refused, 'taken', 'taken', refused, '400', 'taken']);
    expect(status).toBe('successful');
    expect(await sizeOf(jobId, 'image')).toBe(MIB);
    // The object; no upload beside it.
    expect(left.filter((name) => /-output-|\.uploads\/./.test(name))).toHaveLength(1);
  });

  it('are refused beyond the ceiling of the job, until they are small enough', async () => {
    const { jobId, status, answers } = await hostile.stayingAlive(() =>
      upload(
        [
          'file 8; answer -T f "$image"',
          'file 5; answer -T f "$table&part=1"; file 2; answer -T f "$table&part=2"',
          'file 7; answer -T f "$table"',
          'file 6; answer -T f "$table"',
        ],
        ['image', 'table'],
      ),
    );
    const refused = '413 server.max_job_output_bytes';
    expect(answers).toEqual(['taken', 'taken', refused, refused, 'taken']);
    expect(status).toBe('successful');
    expect([await sizeOf(jobId, 'image'), await sizeOf(jobId, 'table')]).toEqual([8 * MIB, 6 * MIB]);
  });
});
