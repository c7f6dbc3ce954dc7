import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed, Child, Client } from '../bed.mjs';
import { another, count, templateOf } from '../kube-jobs.mjs';
import { concurrently, eventually, median, milliseconds, timed } from '../measure.mjs';
import { endsOfPods } from './bare-end.mjs';
import { starts } from './starts.mjs';

const ROUNDS = 6;
/** Executions before any that count, of each program: V8 compiles most of it meanwhile. */
const WARM_UP = 400;
const INPUTS = { text: 'x'.repeat(1000) };
const BODY = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: INPUTS }) };

/** What an execution, and a start, takes without this server: by a bare program in its place, and by no program but the cluster. */
export async function limits(report, { samples, concurrency, runs, jobs, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const template = await templateOf(bed, server, 'unschedulable', INPUTS);
    const program = await startBare(bed, template);
    const programs = {
      server: { child: server.child, execute: () => server.execute('unschedulable', INPUTS, 'respond-async') },
      program: { child: program.child, execute: () => program.send('POST', '/executed', BODY) },
      answering: { child: program.child, execute: () => program.send('POST', '/answered', BODY) },
    };
    const bare = { execute: (kubeJob) => bed.api.text('POST', bed.api.jobs, kubeJob) };
    for (const { execute } of Object.values(programs)) await concurrently(WARM_UP, concurrency, execute);
    await inTurn(report, { server: programs.server, program: programs.program, bare }, template, samples);
    await together(report, bed, programs, { each: Math.ceil(samples / 4), concurrency });
    const short = await templateOf(bed, server, 'short', {});
    await program.child.end();
    await endsOfPods(report, bed, server, short, runs);
    await starts(report, bed, server, jobs, nodeOptions);
  } finally {
    await bed.stop();
  }
}

async function startBare(bed, template) {
  const file = join(bed.folder, 'template.json');
  await writeFile(file, JSON.stringify(template));
  const script = '../test/benchmarks/limits/bare-server.mjs';
  const child = await Child.start(script, [bed.kubeconfig, bed.namespace, file], {}, /^listening on (\S+)$/m);
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
  report.times('the same by a bare program', times.program);
  report.times('bare POST of the same Job', times.bare);
  const ofBare = median(times.program) / median(times.bare);
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
  const [server, program, answering] = names.map((name) => processor[name] / (ROUNDS * each));
  const figures = { server, bare_program: program, bare_answer: answering };
  for (const [name, value] of Object.entries(figures)) report.figure(`processor_time_${name}`, value, 'ms');
  report.note(`processor time of an execution: the server ${milliseconds(server)}`);
  report.note(`… a bare program ${milliseconds(program)}, of which request and answer ${milliseconds(answering)}`);
}

/** What the cluster still makes of one block would count for the next. */
async function allPods(api) {
  const all = async () => (await count(api, api.pods)) >= (await count(api, api.jobs));
  await eventually('all pods', all, 600_000);
}

/** So that none is always first. */
function turned(names, index) {
  return names.map((_, at) => names[(at + index) % names.length]);
}
