import { join } from 'node:path';
import { Bed, Child, onRealCluster, shippedFlags } from './bed.mjs';
import { median, milliseconds, timed } from './measure.mjs';

const RUNS = 5;

/** From the start of the process to the line `listening on`. */
export async function start(report, { nodeOptions }) {
  const bed = await Bed.start();
  try {
    const times = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { child } = await bed.startServer({ nodeOptions });
      times.push(child.startTime);
      await child.end();
    }
    report.times(`on a ${onRealCluster ? 'real' : 'running embedded'} cluster`, times);
    if (onRealCluster) {
      const list = await timed(() => bed.api.list(bed.api.jobs));
      const budget = `2 s + one list (${milliseconds(list)})`;
      report.budget('start, p50', median(times), { name: 'start_p50', most: 2000 + list, budget });
      return;
    }
    const own = [];
    for (let run = 0; run < RUNS; run += 1) {
      const child = await Child.start(
        'main.js',
        ['--cluster', 'embedded', '--port', '0', '--data-dir', join(bed.folder, 'own')],
        { PYGEOAPI_CONFIG: 'test/benchmarks/config.yaml', NODE_COMPILE_CACHE: bed.compiled },
        /^listening on (http:\/\/\S+)$/m,
        [...(await shippedFlags()), ...nodeOptions],
      );
      own.push(child.startTime);
      await child.end();
    }
    report.times('with the embedded cluster in the same process', own);
    report.note(`the first of them in an empty data folder, where certificates are made: ${milliseconds(own[0])}`);
    report.budget('start, p50', median(own), { name: 'start_p50', most: 2000, budget: '2 s' });
  } finally {
    await bed.stop();
  }
}
