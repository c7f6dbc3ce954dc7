import { Bed } from './bed.mjs';
import { another, count, templateOf } from './kube-jobs.mjs';
import { concurrently, eventually, median, milliseconds, percentile, timed } from './measure.mjs';

const WARM_UP = 50;
const ROUNDS = 6;
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
    let made = 1;
    const times = { server: [], bare: [] };
    for (let index = 0; index < WARM_UP + samples; index += 1) {
      const kubeJob = another(template);
      for (const side of inTurn(index)) times[side].push(await timed(() => sides[side](kubeJob)));
      made += 2;
    }
    compare(report, times.server.slice(WARM_UP), times.bare.slice(WARM_UP));

    const perBlock = Math.ceil(samples / 4);
    const took = { server: [], bare: [] };
    let processor = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const side of inTurn(round)) {
        // What the cluster still makes of the block before would slow this one.
        await eventually('all pods', async () => (await count(bed.api, bed.api.pods)) >= made, 5000).catch(
          () => undefined,
        );
        const kubeJobs = Array.from({ length: perBlock }, () => another(template));
        const before = await server.child.processorTime();
        took[side].push(await concurrently(perBlock, concurrency, (index) => sides[side](kubeJobs[index])));
        if (side === 'server') processor += (await server.child.processorTime()) - before;
        made += perBlock;
      }
    }
    const rate = (side) => (perBlock * 1000) / median(took[side]);
    report.note(
      `at concurrency ${concurrency}, median of ${ROUNDS} blocks of ${perBlock}: ${rate('server').toFixed(0)}/s, bare loop ${rate('bare').toFixed(0)}/s`,
    );
    const share = rate('server') / rate('bare');
    report.budget('throughput, of the bare loop', share, { name: 'throughput_of_bare', least: 0.65, unit: '' });
    const each = processor / (ROUNDS * perBlock);
    report.budget('processor time of the server for each execution', each, { name: 'processor_time', most: 1.5 });
    await server.child.end();
    whereTimeGoes(report, server.child.output, WARM_UP, samples);
  } finally {
    await bed.stop();
  }
}

function inTurn(index) {
  return index % 2 === 0 ? ['server', 'bare'] : ['bare', 'server'];
}

function compare(report, ours, theirs) {
  report.times('execute, async', ours);
  report.times('bare POST of the same Job', theirs);
  report.note(`median of the differences: ${milliseconds(median(ours.map((time, index) => time - theirs[index])))}`);
  const ratio = median(ours) / median(theirs);
  report.budget('time, p50 / p50', ratio, { name: 'time_of_bare_p50', most: 1.25, unit: '' });
  report.note(`time, p95 / p95: ${(percentile(ours, 0.95) / percentile(theirs, 0.95)).toFixed(2)}`);
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
