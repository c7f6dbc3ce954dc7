import { join } from 'node:path';
import { Bed, Child, onRealCluster } from './bed.mjs';
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
      report.budget(
        'start, p50',
        milliseconds(median(times)),
        median(times) < 2000 + list,
        `2 s + one list (${milliseconds(list)})`,
      );
      return;
    }
    const own = [];
    for (let run = 0; run < RUNS; run += 1) {
      const child = await Child.start(
        'main.js',
        ['--cluster', 'embedded', '--port', '0', '--data-dir', join(bed.folder, 'own')],
        { PYGEOAPI_CONFIG: 'test/benchmarks/config.yaml' },
        /^listening on (http:\/\/\S+)$/m,
        nodeOptions,
      );
      own.push(child.startTime);
      await child.end();
    }
    report.times('with the embedded cluster in the same process', own);
    report.note(`the first of them in an empty data folder, where certificates are made: ${milliseconds(own[0])}`);
    report.budget('start, p50', milliseconds(median(own)), median(own) < 2000, '2 s');
  } finally {
    await bed.stop();
  }
}
