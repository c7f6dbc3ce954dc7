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
  for (const [what, { span, most, turnover, occupied }] of [
    ['without the line', without],
    ['with the line', withLine],
  ])
    report.note(
      `${count} jobs ${what}: ${milliseconds(span)}, at most ${most} pods at once, ` +
        `${milliseconds(turnover)} from an end to the next pod (p50), ${percent(occupied)} of the places taken`,
    );
  // Where the cluster stands on this machine, jobs take longer as it has more to write: that is its own cost of a Job that was suspended.
  report.note(`jobs in the same time, with the line: ${percent(without.span / withLine.span)} of without`);
  const ratio = withLine.occupied / without.occupied;
  report.budget(`busy, ${count} waiting, ${AT_ONCE} at once`, ratio, {
    name: 'places_taken_of_without',
    least: 0.95,
    unit: '',
    show: (value) => `${percent(value)} of the places taken without`,
    budget: '95 %',
  });
  const most = { most: AT_ONCE, unit: '', show: String };
  report.budget('pods at once with the line', withLine.most, { name: 'pods_at_once', ...most });
}

/** @returns milliseconds from the first pod to the end of the last, the share of the places that pods had meanwhile, and the most pods at once */
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
    const span = Math.max(...all.map(({ ended }) => ended)) - Math.min(...all.map(({ seen }) => seen));
    return {
      span,
      occupied: all.reduce((sum, { seen, ended }) => sum + ended - seen, 0) / (AT_ONCE * span),
      most: mostAtOnce(all),
      turnover: turnoverOf(all),
    };
  } finally {
    await bed.stop();
  }
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** Median of the time for which a place is empty: from the nth end to the pod that takes the place. */
function turnoverOf(pods) {
  const ends = pods.map(({ ended }) => ended).sort((a, b) => a - b);
  const starts = pods.map(({ seen }) => seen).sort((a, b) => a - b);
  const empty = starts.slice(AT_ONCE).map((start, n) => start - ends[n]);
  return empty.sort((a, b) => a - b)[Math.floor(empty.length / 2)] ?? 0;
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
