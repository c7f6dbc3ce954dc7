import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed } from './bed.mjs';
import { PodTimes } from './kubernetes-api.mjs';
import { concurrently, eventually, milliseconds } from './measure.mjs';

const AT_ONCE = 20;
const BOUND = 3_600_000;

/** How busy the server's own line keeps the cluster, against a client that keeps as many jobs going by itself. */
export async function admission(report, { waiting: count, nodeOptions }) {
  const without = await run(count, '', nodeOptions, async (server, pods) => {
    await concurrently(count, AT_ONCE, async () => {
      const id = await server.submit('two-seconds');
      await eventually(`the end of the pod of ${id}`, () => pods.get(id).ended, BOUND);
    });
  });
  const withLine = await run(count, `max_running: ${AT_ONCE}`, nodeOptions, async (server, pods) => {
    const ids = [];
    await concurrently(count, AT_ONCE, async () => ids.push(await server.submit('two-seconds')));
    await eventually('the end of all pods', () => ids.every((id) => pods.get(id).ended !== undefined), BOUND);
  });
  for (const [what, { span, most }] of [
    ['without the line', without],
    ['with the line', withLine],
  ])
    report.note(`${count} jobs ${what}: ${milliseconds(span)}, at most ${most} pods at once`);
  const ratio = without.span / withLine.span;
  report.budget(
    `busy, ${count} waiting, ${AT_ONCE} at once`,
    `${(ratio * 100).toFixed(1)} %`,
    ratio >= 0.95,
    '95 % of without',
  );
  report.budget('pods at once with the line', `${withLine.most}`, withLine.most <= AT_ONCE, `${AT_ONCE}`);
}

/** @returns milliseconds from the first pod to the end of the last, and the most pods at once */
async function run(count, limit, nodeOptions, work) {
  const bed = await Bed.start();
  try {
    const configuration = join(bed.folder, 'admission.yaml');
    const text = await readFile('test/benchmarks/config.yaml', 'utf8');
    await writeFile(configuration, text.replace('    finalizer_controller: true', `$&\n    ${limit}`));
    const server = await bed.startServer({ nodeOptions, configuration });
    const pods = await PodTimes.start(bed.api);
    bed.onStop(() => pods.stop());
    await work(server, pods);
    const all = [...pods.values()];
    if (all.length !== count) throw new Error(`${all.length} pods of ${count} jobs`);
    return {
      span: Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ seen }) => seen)),
      most: mostAtOnce(all),
    };
  } finally {
    await bed.stop();
  }
}

function mostAtOnce(pods) {
  // One that ends in the moment in which another is seen goes first.
  const changes = pods
    .flatMap(({ seen, ended }) => [
      { at: seen, by: 1 },
      { at: ended, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) most = Math.max(most, (now += by));
  return most;
}
