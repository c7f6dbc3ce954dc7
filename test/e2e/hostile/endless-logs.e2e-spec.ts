import { describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';
import { eventually } from '../../support/wait.js';

const MEBIBYTE = 1024 ** 2;
/** What each container prints, beyond what is kept of a pod. */
const PRINTED = 8 * MEBIBYTE;

const PROCESSES = `
  talkative:
    type: process
    processor: &talkative
      <<: *image
      metadata:
        <<: *both
        outputs: { answer: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          echo the first line
          yes 'The quick brown fox jumps over the lazy dog 0123456789' | head -c ${PRINTED}
          printf '\\nthe last line\\nPYGEOAPI_K8S_MANAGER_RESULT_START\\n42'
  goes-on-after-sigterm:
    type: process
    processor:
      <<: *talkative
      command:
        - sh
        - -c
        - |
          trap "yes 'The quick brown fox jumps over the lazy dog 0123456789' | head -c ${PRINTED}; printf '\\nlast words\\n'; exit 0" TERM
          echo the first line
          while :; do sleep 0.1; done
`;

describe('a container that writes more than is kept of a pod', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (started) => (hostile = started),
    {},
    {
      configuration: (text) =>
        text.replace(
          '  manager:\n',
          `  manager:\n    collected_logs: { per_pod: ${MEBIBYTE}, in_all: ${4 * MEBIBYTE} }\n`,
        ) + PROCESSES,
    },
  );

  /** What is left of a log between its first and its last lines, and what is said to be missing there. */
  const cut = (log: string, lastLines: string) => {
    const [, begin = '', left, end = ''] =
      /^(Logs of pod [^]*\nthe first line\n[^]*\n)\[(\d+) bytes of this log are left out here: a pod may have 1048576 bytes \(server\.manager\.collected_logs\.per_pod\)\]\n([^]*)$/.exec(
        log,
      ) ?? [];
    expect(end).toContain(lastLines);
    return { kept: begin.length + end.length, left: Number(left) };
  };
  const storedLog = (jobId: string) =>
    eventually('the log in the store', async () => {
      const key = (await hostile.bed.store.logs()).find((name) => name.includes(jobId));
      return key !== undefined && hostile.bed.store.read(key);
    });
  const said = (jobId: string, left: number) => {
    const line = new RegExp(`${left} bytes of the log of container \\S+ of pod \\S*${jobId}`);
    return eventually('what is left out in the log of the server', async () => line.test(await hostile.bed.output()));
  };

  it('has its log cut where that is said, in it and in the server’s, and its result', async () => {
    const { bed } = hostile;
    await hostile.stayingAlive(async () => {
      const jobId = await bed.submit('talkative');
      expect((await bed.ended(jobId)).status).toBe('successful');
      expect(await bed.result(jobId)).toBe('42');
      const { kept, left } = cut(await storedLog(jobId), 'the last line\n');
      expect(kept).toBeLessThan(1.1 * MEBIBYTE);
      expect(kept + left).toBeGreaterThan(PRINTED);
      await said(jobId, left);
    });
  });

  it('has the same, where it goes on after it was asked to end, and is dismissed as any other', async () => {
    const { bed } = hostile;
    await hostile.stayingAlive(async () => {
      const jobId = await bed.submit('goes-on-after-sigterm');
      await eventually('its first line', async () => (await bed.log(jobId)).includes('the first line'));
      expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
      const { kept, left } = cut(await storedLog(jobId), 'last words\n');
      expect(kept).toBeLessThan(1.1 * MEBIBYTE);
      expect(kept + left).toBeGreaterThan(PRINTED);
      await said(jobId, left);
      expect((await bed.status(jobId)).status).toBe('dismissed');
    });
  });
});
