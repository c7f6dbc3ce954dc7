import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed, Child, Client } from '../bed.mjs';
import { another, count, templateOf } from '../kube-jobs.mjs';
import { concurrently, eventually, median, milliseconds, timed } from '../measure.mjs';
import { endsOfPods } from './bare-end.mjs';

const ROUNDS = 6;
/** Executions before any that count, of each program: V8 compiles most of it meanwhile. */
const WARM_UP = 400;
const INPUTS = { text: 'x'.repeat(1000) };
const BODY = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: INPUTS }) };

/** What an execution takes without this server: by a bare program of Node in its place, and by no program but the cluster. */
export async function limits(report, { samples, concurrency, runs, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const template = await templateOf(bed, server, 'unschedulable', INPUTS);
    const [watching, posting] = [await startBare(bed, template, ['watching']), await startBare(bed, template, [])];
    const programs = {
      server: { child: server.child, execute: () => server.execute('unschedulable', INPUTS, 'respond-async') },
      watching: { child: watching.child, execute: () => watching.send('POST', '/executed', BODY) },
      posting: { child: posting.child, execute: () => posting.send('POST', '/executed', BODY) },
      answering: { child: posting.child, execute: () => posting.send('POST', '/answered', BODY) },
    };
    const bare = { execute: (kubeJob) => bed.api.text('POST', bed.api.jobs, kubeJob) };
    for (const { execute } of Object.values(programs)) await concurrently(WARM_UP, concurrency, execute);
    await inTurn(report, { server: programs.server, watching: programs.watching, bare }, template, samples);
    await together(report, bed, programs, { each: Math.ceil(samples / 4), concurrency });
    const short = await templateOf(bed, server, 'short', {});
    for (const { child } of [watching, posting]) await child.end();
    await endsOfPods(report, bed, server, short, runs);
  } finally {
    await bed.stop();
  }
}

async function startBare(bed, template, args) {
  const file = join(bed.folder, 'template.json');
  await writeFile(file, JSON.stringify(template));
  const script = '../test/benchmarks/limits/bare-server.mjs';
  const child = await Child.start(script, [bed.kubeconfig, bed.namespace, file, ...args], {}, /^listening on (\S+)$/m);
  bed.onStop(() => child.end());
  return Object.assign(new Client(child.match[1]), { child });
}

/** One request at a time, each way in turn. */
async function inTurn(report, ways, template, samples) {
  const names = Object.keys(ways);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let index = 0; index < samples; index += 1)
    for (const name of turned(names, index)) {
      const kubeJob = another(template);
      times[name].push(await timed(() => ways[name].execute(kubeJob)));
    }
  report.times('execute, async', times.server);
  report.times('the same by a bare program', times.watching);
  report.times('bare POST of the same Job', times.bare);
  const ofBare = median(times.watching) / median(times.bare);
  report.figure('bare_program_time_of_bare_p50', ofBare);
  report.note(`time of a bare program, p50 / p50 of the bare POST: ${ofBare.toFixed(2)}`);
}

/** Processor time in blocks in turn, all the events that follow a block included. */
async function together(report, bed, programs, { each, concurrency }) {
  const names = Object.keys(programs);
  const processor = Object.fromEntries(names.map((name) => [name, 0]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of turned(names, round)) {
      const { child, execute } = programs[name];
      await allPods(bed.api);
      const before = await child.processorTime();
      await concurrently(each, concurrency, execute);
      await allPods(bed.api);
      processor[name] += (await child.processorTime()) - before;
    }
  const [server, watching, posting, answering] = names.map((name) => processor[name] / (ROUNDS * each));
  const parts = { answering, posting: posting - answering, watching: watching - posting };
  report.figure('processor_time_server', server, 'ms');
  report.figure('processor_time_bare_program', watching, 'ms');
  for (const [part, value] of Object.entries(parts)) report.figure(`processor_time_${part}`, value, 'ms');
  const shown = Object.entries(parts).map(([part, value]) => `${part} ${milliseconds(value)}`);
  report.note(`processor time of an execution: the server ${milliseconds(server)}`);
  report.note(`… a bare program ${milliseconds(watching)}: ${shown.join(', ')}`);
}

/** What the cluster still makes of one block would count for the next. */
async function allPods(api) {
  const all = async () => (await count(api, api.pods)) >= (await count(api, api.jobs));
  await eventually('all pods', all, 120_000);
}

/** So that none is always first. */
function turned(names, index) {
  return names.map((_, at) => names[(at + index) % names.length]);
}
