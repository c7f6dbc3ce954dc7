import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: run "npm run bench", which uses the project's own.`);
  process.exit(1);
}

const USAGE = `usage: npm run bench -- [NAME ...] [--jobs N] [--samples N] [--concurrency N] [--runs N] [--pods N]
       [--waiting N] [--changes N] [--rounds N] [--json FILE] [--profile DIR] [--request-times] [--node-options OPTIONS]

NAME is one of list-and-status, execute-async, execute-sync, finalize, start, parse-json, validate-inputs, admission,
events, pages, access, limits; without one, all of them run.
  --jobs N         finished Jobs in the namespace (list-and-status, pages, access, limits; default 10000, list-and-status with 50000, too)
  --samples N      pairs of requests (execute-async, limits; default 200)
  --concurrency N  of the throughput (execute-async, limits; default 20)
  --runs N         executions one after another (execute-sync, finalize, limits), pages that are opened (pages; default 30)
  --pods N         pods that end together (finalize; default 200; a node takes about 100 of them)
  --waiting N      jobs that wait for their turn (admission; default 1000)
  --changes N      changes of one job (events; default 100)
  --rounds N       how often all is measured: figures are the median and the spread (default 3)
  --json FILE      writes all figures there, too
  --profile DIR    writes CPU profiles of the server there
  --request-times  tells where in the server the time of an execution goes (execute-async)
  --node-options   flags of Node for the server, in one argument

Runs on the embedded cluster, or in a namespace of its own on the one of E2E_KUBECONFIG; with S3_ENDPOINT, S3_ACCESS_KEY and
S3_SECRET_KEY in a bucket of its own, else in a folder; pages in the browser of TEST_CHROMIUM. Never fails for a budget that is missed.`;

const number = (fallback) => ({ type: 'string', default: String(fallback) });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    samples: number(200),
    concurrency: number(20),
    runs: number(30),
    pods: number(200),
    waiting: number(1000),
    changes: number(100),
    rounds: number(3),
    json: { type: 'string' },
    profile: { type: 'string' },
    'request-times': { type: 'boolean' },
    'node-options': { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});
const { listAndStatus } = await import('./list-and-status.mjs');
const { executeAsync } = await import('./execute-async.mjs');
const { executeSync } = await import('./execute-sync.mjs');
const { finalize } = await import('./finalize.mjs');
const { start } = await import('./start.mjs');
const { readNumbers } = await import('./parse-json.mjs');
const { validateInputs } = await import('./validate-inputs.mjs');
const { admission } = await import('./admission.mjs');
const { events } = await import('./events.mjs');
const { pages } = await import('./pages.mjs');
const { access } = await import('./access.mjs');
const { limits } = await import('./limits/limits.mjs');
const { Bed } = await import('./bed.mjs');
const { Report } = await import('./measure.mjs');
const benchmarks = {
  'list-and-status': listAndStatus,
  'execute-async': executeAsync,
  'execute-sync': executeSync,
  finalize,
  start,
  'parse-json': readNumbers,
  'validate-inputs': validateInputs,
  admission,
  events,
  pages,
  access,
  limits,
};

const { profile, help, json, jobs, 'request-times': requestTimes, 'node-options': options, ...others } = values;
const numbers = { jobs: jobs ?? '10000', ...others };
const nodeOptions = [
  ...options.split(' ').filter((option) => option !== ''),
  ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
  ...(requestTimes ? ['--import', new URL('request-times.mjs', import.meta.url).href] : []),
];
const counts = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)]));
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const wrong = [
  ...names.filter((name) => !(name in benchmarks)),
  ...Object.keys(counts).filter(
    (name) => !Number.isInteger(counts[name]) || counts[name] < 1 || counts[name] > 100_000,
  ),
];
if (help || wrong.length > 0) {
  console.log(help ? USAGE : `wrong: ${wrong.join(', ')}\n\n${USAGE}`);
  process.exit(help ? 0 : 1);
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void Bed.stopAll().then(() => process.exit(130)));

const reports = {};
for (const name of names) {
  console.log(name);
  const report = new Report(name);
  reports[name] = report;
  // One that fills a namespace measures several servers in it.
  const { countsRounds = false } = benchmarks[name];
  const sizes = countsRounds && jobs === undefined ? [10_000, 50_000] : [counts.jobs];
  try {
    for (let round = 0; round < (countsRounds ? 1 : counts.rounds); round += 1)
      for (const size of sizes) await benchmarks[name](report, { ...counts, jobs: size, nodeOptions });
  } catch (error) {
    process.exitCode = 1;
    report.broke(error);
  }
  report.close();
  if (json) await writeFile(json, `${JSON.stringify({ ...surroundings(), benchmarks: reports }, undefined, 2)}\n`);
}

/** What figures depend on that no ratio takes out. */
function surroundings() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    processors: cpus().length,
    loadAverage: loadavg()[0],
    cluster: process.env.E2E_KUBECONFIG === undefined ? 'embedded' : 'real',
    rounds: counts.rounds,
  };
}
