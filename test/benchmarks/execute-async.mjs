import { Bed } from './bed.mjs';
import { allPods, another, templateOf } from './kube-jobs.mjs';
import { alternating, concurrently, median, milliseconds, percentile, turned } from './measure.mjs';

const WARM_UP = 50;
const ROUNDS = 6;
/** Executions of a server that has run for a while. */
const OF_SOME_AGE = 2_000;
const INPUTS = { text: 'x'.repeat(1000) };

/** An asynchronous execution against the bare POST of the same Job, alternating. The pods are never scheduled, so no container runs. */
export async function executeAsync(report, { samples, concurrency, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const template = await templateOf(bed, server, 'unschedulable', INPUTS);
    const sides = {
      server: () => server.execute('unschedulable', INPUTS, 'respond-async'),
      bare: (kubeJob) => bed.api.text('POST', bed.api.jobs, kubeJob),
    };
    const measured = { report, bed, child: server.child, sides, template, samples, concurrency };
    await alternating(WARM_UP, sides, () => another(template));
    await measure(measured);
    // V8 has compiled then what a server of some age runs.
    const executed = 1 + WARM_UP + samples + ROUNDS * blockOf(samples);
    await concurrently(Math.max(0, OF_SOME_AGE - executed), concurrency, sides.server);
    await allPods(bed.api);
    const after = `after ${Math.max(executed, OF_SOME_AGE)} executions`;
    await measure({ ...measured, suffix: '_of_some_age', when: `, ${after}` });
    await server.child.end();
    whereTimeGoes(report, server.child.output, WARM_UP, samples);
  } finally {
    await bed.stop();
  }
}

/** @param suffix of the names of the figures; @param when what is said of them: after a comma, how old the server is */
async function measure({ report, bed, child, sides, template, samples, concurrency, suffix = '', when = '' }) {
  const times = await alternating(samples, sides, () => another(template));
  compare(report, times, { suffix, when });
  const block = blockOf(samples);
  const { server, bare, processor } = await together(bed, child, sides, template, { concurrency, block });
  report.note(
    `at concurrency ${concurrency}${when}, median of ${ROUNDS} blocks of ${block}: ${server.toFixed(0)}/s, bare loop ${bare.toFixed(0)}/s`,
  );
  const throughput = { name: `throughput_of_bare${suffix}`, least: 0.65, unit: '' };
  report.budget(`throughput, of the bare loop${when}`, server / bare, throughput);
  const each = { name: `processor_time${suffix}`, most: 1.5 };
  report.budget(`processor time of the server for each execution${when}`, processor, each);
}

const blockOf = (samples) => Math.ceil(samples / 4);

/** Both sides in loops, block after block. @returns executions a second of each; processor time of the server for one */
async function together(bed, child, sides, template, { concurrency, block }) {
  const took = { server: [], bare: [] };
  let processor = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of turned(Object.keys(sides), round)) {
      // What the cluster still makes of the block before would slow this one.
      await allPods(bed.api, 5000).catch(() => undefined);
      const kubeJobs = Array.from({ length: block }, () => another(template));
      const before = await child.processorTime();
      took[side].push(await concurrently(block, concurrency, (index) => sides[side](kubeJobs[index])));
      if (side === 'server') processor += (await child.processorTime()) - before;
    }
  }
  const rate = (side) => (block * 1000) / median(took[side]);
  return { server: rate('server'), bare: rate('bare'), processor: processor / (ROUNDS * block) };
}

function compare(report, { server, bare }, { suffix, when }) {
  report.times(`execute, async${when}`, server);
  report.times('bare POST of the same Job', bare);
  report.note(`median of the differences: ${milliseconds(median(server.map((time, index) => time - bare[index])))}`);
  const ratio = median(server) / median(bare);
  report.budget(`time, p50 / p50${when}`, ratio, { name: `time_of_bare_p50${suffix}`, most: 1.25, unit: '' });
  report.note(`time, p95 / p95: ${(percentile(server, 0.95) / percentile(bare, 0.95)).toFixed(2)}`);
}

/** Only what came one at a time: the first executions, but for the template's and those of the warm-up. */
function whereTimeGoes(report, output, warmUp, samples) {
  const line = /^request-times (.+)$/m.exec(output)?.[1];
  if (line === undefined) return;
  const { before, during, after } = JSON.parse(line);
  const measured = (times) => times.slice(1 + warmUp, 1 + warmUp + samples);
  report.times('in the server, before its POST to the API server', measured(before));
  report.times('in the server, that POST', measured(during));
  report.times('in the server, after it', measured(after));
}
