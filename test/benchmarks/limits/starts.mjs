import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../bed.mjs';
import { fill } from '../kube-jobs.mjs';
import { median, milliseconds, timed } from '../measure.mjs';

const RUNS = 5;

/**
 * A start with many jobs in lists of them, by the server and, in turn with it, by a bare program: Nest with Fastify, an empty module, and one
 * list.
 * @param server lists the jobs that are made; it is ended, so that nothing watches while others start
 */
export async function starts(report, bed, server, count, nodeOptions) {
  await fill(bed, [{ server }], count, report);
  await server.child.end();
  const { server: address, tls, authentication } = bed.api;
  const file = join(bed.folder, 'api.json');
  const { ca, cert, key } = Object.fromEntries(Object.entries(tls).map(([name, value]) => [name, value?.toString()]));
  const target = { server: address, path: bed.api.jobs, headers: authentication, tls: { ca, cert, key } };
  await writeFile(file, JSON.stringify(target), { mode: 0o600 });
  const times = { list: [], bare: [], server: [] };
  const processor = { bare: [], server: [] };
  const started = async (name, child) => {
    times[name].push(child.startTime);
    processor[name].push(await child.processorTime());
    await child.end();
  };
  for (let run = 0; run < RUNS; run += 1) {
    times.list.push(await timed(() => bed.api.list(bed.api.jobs)));
    const environment = { NODE_COMPILE_CACHE: join(bed.folder, 'bare-compiled') };
    const script = '../test/benchmarks/limits/bare-start.mjs';
    const bare = await Child.start(script, [file], environment, /^listening on (\S+)$/m);
    // What V8 has compiled is written when the first one ends.
    if (run === 0) await bare.end();
    else await started('bare', bare);
    await started('server', (await bed.startServer({ nodeOptions })).child);
  }
  for (const name of ['bare', 'server']) {
    report.figure(`start_lists_${name}`, median(times[name]) / median(times.list));
    report.figure(`start_processor_time_${name}`, median(processor[name]), 'ms');
  }
  report.note(`one list of ${count} jobs: ${milliseconds(median(times.list))}`);
  for (const [name, who] of Object.entries({ server: 'the server', bare: 'a bare Nest with Fastify that lists once' }))
    report.note(
      `start of ${who}: ${milliseconds(median(times[name]))}, ${(median(times[name]) / median(times.list)).toFixed(2)} lists; ` +
        `processor time ${milliseconds(median(processor[name]))}`,
    );
}
