import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bed, Child } from '../bed.mjs';
import { fill } from '../kube-jobs.mjs';
import { median, milliseconds, timed } from '../measure.mjs';

const RUNS = 5;
const CALLED = {
  server: 'the server',
  bare: 'a bare Nest with Fastify that lists once',
  packages: 'that with the packages that the server stands on',
};
/** What each bare program loads beside: of the packages that the server stands on what it loads in each start. */
const BARE = {
  bare: [],
  packages: [
    '@nestjs/swagger',
    '@nestjs/config',
    '@kubernetes/client-node/dist/config.js',
    'class-transformer',
    'class-validator',
  ],
};

/**
 * A start with many jobs in lists of them, by the server and, in turn with it, by a bare program: Nest with Fastify, an empty module, and one
 * list. In a namespace with nothing else.
 */
export async function starts(report, count, nodeOptions) {
  const bed = await Bed.start();
  try {
    await inTurn(report, bed, count, nodeOptions);
  } finally {
    await bed.stop();
  }
}

async function inTurn(report, bed, count, nodeOptions) {
  const server = await bed.startServer({ nodeOptions });
  await fill(bed, [{ server }], count, report);
  // Nothing watches while others start.
  await server.child.end();
  const { server: address, tls, authentication } = bed.api;
  const file = join(bed.folder, 'api.json');
  const { ca, cert, key } = Object.fromEntries(Object.entries(tls).map(([name, value]) => [name, value?.toString()]));
  const target = { server: address, path: bed.api.jobs, headers: authentication, tls: { ca, cert, key } };
  await writeFile(file, JSON.stringify(target), { mode: 0o600 });
  const times = { list: [] };
  const processor = {};
  const started = async (name, child) => {
    (times[name] ??= []).push(child.startTime);
    (processor[name] ??= []).push(await child.processorTime());
    await child.end();
  };
  const startBare = (name, args) => {
    const environment = { NODE_COMPILE_CACHE: join(bed.folder, `${name}-compiled`) };
    return Child.start(
      '../test/benchmarks/limits/bare-start.mjs',
      [file, ...args],
      environment,
      /^listening on (\S+)$/m,
    );
  };
  // What V8 has compiled is written when the first one ends.
  for (const [name, args] of Object.entries(BARE)) await (await startBare(name, args)).end();
  for (let run = 0; run < RUNS; run += 1) {
    times.list.push(await timed(() => bed.api.list(bed.api.jobs)));
    for (const [name, args] of Object.entries(BARE)) await started(name, await startBare(name, args));
    await started('server', (await bed.startServer({ nodeOptions })).child);
  }
  for (const name of Object.keys(CALLED)) {
    report.figure(`start_lists_${name}`, median(times[name]) / median(times.list));
    report.figure(`start_processor_time_${name}`, median(processor[name]), 'ms');
  }
  report.note(`one list of ${count} jobs: ${milliseconds(median(times.list))}`);
  for (const [name, who] of Object.entries(CALLED))
    report.note(
      `start of ${who}: ${milliseconds(median(times[name]))}, ${(median(times[name]) / median(times.list)).toFixed(2)} lists; ` +
        `processor time ${milliseconds(median(processor[name]))}`,
    );
}
