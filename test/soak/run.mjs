import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `usage: npm run soak -- [--minutes N] [--seed N] [--faults NAME,NAME...] [--no-hostile]

Executes jobs for N minutes (default 30) on two replicas while faults are injected at random, then lets everything heal and prints an account. Fails where anything was
lost, done twice or left behind. The seed of a run is printed, and repeats its faults; --faults leaves all others out (names as they are printed).
A hostile client, bounded, is beside the load; --no-hostile leaves it out.
Runs on the embedded cluster, or in a namespace of its own on the one of E2E_KUBECONFIG with S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY. Needs the build.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    faults: { type: 'string', default: '' },
    'no-hostile': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help || !(Number(values.minutes) > 0) || !Number.isInteger(Number(values.seed))) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}
const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));
const options = ['--experimental-vm-modules', '--no-warnings'];
spawn(process.execPath, [...options, jest, '--selectProjects=soak', '--runInBand', '--silent=false'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    SOAK_MINUTES: values.minutes,
    SOAK_SEED: values.seed,
    SOAK_FAULTS: values.faults,
    SOAK_HOSTILE: values['no-hostile'] ? 'no' : 'yes',
  },
}).on('exit', (code) => process.exit(code ?? 1));
