import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed, Child, Client, onRealCluster } from '../bed.mjs';
import { allPods, another, templateOf } from '../kube-jobs.mjs';
import { alternating, concurrently, median, milliseconds, turned } from '../measure.mjs';
import { endsOfPods } from './bare-end.mjs';
import { starts } from './starts.mjs';

const ROUNDS = 6;
/** Executions before any that count, of each program: V8 compiles most of it meanwhile. */
const WARM_UP = 400;
/** Each is the one before, and more. */
const CALLED = {
  server: 'the server',
  bare_program: 'a bare program',
  nest_program: 'the same behind Nest, validated',
  library_program: 'that with the client library and its informers',
};
/** The programs of the report, by what they are called among those that run. */
const BY = { bare_program: 'program', nest_program: 'nest', library_program: 'library' };
/** Of a server that has just started: processor time of an execution up to the so-many-th. */
const WARMING = [300, 1000, 3000];
const INPUTS = { text: 'x'.repeat(1000) };
const BODY = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: INPUTS }) };

/** What an execution, and a start, takes without this server: by a bare program in its place, and by no program but the cluster. */
export async function limits(report, { samples, concurrency, runs, jobs, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const template = await templateOf(bed, server, 'unschedulable', INPUTS);
    const program = await startProgram(bed, template, 'bare-server.mjs');
    const nest = await startProgram(bed, template, 'nest-server.mjs', 'undici');
    const library = await startProgram(bed, template, 'nest-server.mjs', 'library');
    const by = (other) => ({ child: other.child, execute: () => other.send('POST', '/executed', BODY) });
    const programs = {
      server: { child: server.child, execute: () => server.execute('unschedulable', INPUTS, 'respond-async') },
      program: by(program),
      answering: { child: program.child, execute: () => program.send('POST', '/answered', BODY) },
      nest: by(nest),
      library: by(library),
    };
    const bare = { execute: (kubeJob) => bed.api.text('POST', bed.api.jobs, kubeJob) };
    for (const { execute } of Object.values(programs)) await concurrently(WARM_UP, concurrency, execute);
    const executing = Object.entries(programs).filter(([name]) => name !== 'answering');
    const ways = { ...Object.fromEntries(executing), bare };
    await inTurn(report, ways, template, samples);
    const bareLoop = { execute: () => bare.execute(another(template)) };
    await together(report, bed, { ...programs, bare: bareLoop }, { each: Math.ceil(samples / 4), concurrency });
    const short = await templateOf(bed, server, 'short', {});
    for (const { child } of [program, nest, library]) await child.end();
    await endsOfPods(report, bed, server, short, runs);
    await server.child.end();
    if (!onRealCluster) await warming(report, bed, { concurrency, nodeOptions });
  } finally {
    await bed.stop();
  }
  await starts(report, jobs, nodeOptions);
}

async function startProgram(bed, template, script, ...args) {
  const file = join(bed.folder, 'template.json');
  await writeFile(file, JSON.stringify(template));
  const path = `../test/benchmarks/limits/${script}`;
  const child = await Child.start(path, [bed.kubeconfig, bed.namespace, file, ...args], {}, /^listening on (\S+)$/m);
  bed.onStop(() => child.end());
  return Object.assign(new Client(child.match[1]), { child });
}

/** One request at a time, each way in turn. */
async function inTurn(report, ways, template, samples) {
  const calls = Object.fromEntries(Object.entries(ways).map(([name, { execute }]) => [name, execute]));
  const times = await alternating(samples, calls, () => another(template));
  report.times('execute, async', times.server);
  report.times('the same by a bare program', times.program);
  report.times('bare POST of the same Job', times.bare);
  for (const [program, name] of Object.entries({ server: 'server', ...BY })) {
    const ofBare = median(times[name]) / median(times.bare);
    report.figure(`${program}_time_of_bare_p50`, ofBare);
    report.note(`time of ${CALLED[program]}, p50 / p50 of the bare POST: ${ofBare.toFixed(2)}`);
  }
}

/** In blocks in turn: how long each takes, and the processor time, all the events that follow a block included. */
async function together(report, bed, programs, { each, concurrency }) {
  const names = Object.keys(programs);
  const processor = Object.fromEntries(names.map((name) => [name, 0]));
  const took = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of turned(names, round)) {
      const { child, execute } = programs[name];
      await allPods(bed.api);
      const before = await child?.processorTime();
      took[name].push(await concurrently(each, concurrency, execute));
      await allPods(bed.api);
      if (child) processor[name] += (await child.processorTime()) - before;
    }
  for (const [program, name] of Object.entries({ server: 'server', ...BY })) {
    const ofBare = median(took.bare) / median(took[name]);
    report.figure(`${program}_throughput_of_bare`, ofBare);
    report.note(`throughput of ${CALLED[program]}, of the bare loop's: ${ofBare.toFixed(2)}`);
  }
  const [server, program, answering, nest, library] = names.map((name) => processor[name] / (ROUNDS * each));
  const more = { nest_program: nest, library_program: library };
  const figures = { server, bare_program: program, bare_answer: answering, ...more };
  for (const [name, value] of Object.entries(figures)) report.figure(`processor_time_${name}`, value, 'ms');
  report.note(`processor time of an execution: the server ${milliseconds(server)}`);
  report.note(`… a bare program ${milliseconds(program)}, of which request and answer ${milliseconds(answering)}`);
  report.note(`… ${CALLED.nest_program} ${milliseconds(nest)}, ${CALLED.library_program} ${milliseconds(library)}`);
}

/** What V8's compiling takes of a young server: its executions from the first on. */
async function warming(report, bed, { concurrency, nodeOptions }) {
  const server = await bed.startServer({ nodeOptions });
  const { child } = server;
  const execute = () => server.execute('unschedulable', INPUTS, 'respond-async');
  let done = 0;
  for (const end of WARMING) {
    const before = await child.processorTime();
    await concurrently(end - done, concurrency, execute);
    await allPods(bed.api);
    const each = ((await child.processorTime()) - before) / (end - done);
    report.figure(`processor_time_until_${end}`, each, 'ms');
    report.note(`processor time of the executions ${done + 1} to ${end} of a server: ${milliseconds(each)}`);
    done = end;
  }
}
