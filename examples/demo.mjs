#!/usr/bin/env node
/**
 * Starts the server on the embedded cluster, executes the process geojson-features on real data over HTTP, and keeps serving until Ctrl-C.
 *
 *   node examples/demo.mjs [--once] [flags of the server]
 *
 * `--once` ends it after the execution, with exit code 0 or 1. All other flags go to the server; without `--cluster` (or K8S_CLUSTER) that is the
 * embedded cluster, so that trying the software never touches somebody's cluster, and without `--port` (or PORT) a free port.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeRequest } from './geojson-features/make-request.mjs';

const PROCESS = 'geojson-features';
const flags = process.argv.slice(2).filter((flag) => flag !== '--once');
const isOnce = process.argv.includes('--once');
const says = (flag, variable) =>
  flags.some((given) => given === flag || given.startsWith(`${flag}=`)) || process.env[variable];

const server = spawn(
  process.execPath,
  [
    '--max-semi-space-size=8',
    fileURLToPath(new URL('../dist/main.js', import.meta.url)),
    ...(says('--cluster', 'K8S_CLUSTER') ? [] : ['--cluster', 'embedded']),
    ...(says('--port', 'PORT') ? [] : ['--port', '0']),
    ...(says('--host', 'HOST') ? [] : ['--host', '127.0.0.1']),
    ...flags,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const ended = once(server, 'exit');
// Ctrl-C reaches the server, too, being of the same process group: this program waits for it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => server.kill('SIGTERM'));

let code = 1;
try {
  const url = await whenListening();
  await execute(url);
  code = 0;
  console.log(`\nThe API:      ${url}/\nSwagger UI:   ${url}/docs\nThe job list: ${url}/jobs`);
  if (!isOnce) console.log('\nCtrl-C ends the server.');
} catch (error) {
  if (server.exitCode === null) console.error(error instanceof Error ? error.message : error);
}
if (isOnce || code !== 0) {
  server.kill('SIGTERM');
  await ended;
  process.exit(code);
}
const [exitCode] = await ended;
process.exit(exitCode ?? 0);

async function whenListening() {
  return new Promise((resolve, reject) => {
    createInterface(server.stdout).on('line', (line) => {
      console.log(line);
      const address = /^listening on (\S+)$/.exec(line)?.[1];
      if (address) resolve(address);
    });
    server.once('exit', () => reject(new Error('The server did not start.')));
  });
}

async function execute(url) {
  const request = makeRequest();
  console.log(
    `\nExecuting ${PROCESS} on the ${request.inputs.features.features.length} countries of South America (Natural Earth 1:110m) ...`,
  );
  const response = await fetch(`${url}/processes/${PROCESS}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify(request),
  });
  let job = await answer(response);
  const address = response.headers.get('location');
  console.log(`The job: ${address}`);
  let shown = '';
  for (;;) {
    const line = `${job.status}: ${job.message}`;
    if (line !== shown) console.log(`  ${(shown = line)}`);
    if (!['accepted', 'running'].includes(job.status)) break;
    await delay(100);
    job = await answer(await fetch(address));
  }
  const { features } = await answer(await fetch(`${address}/results`));
  console.log('\nThe result:');
  console.table(
    features.map(({ properties, bbox }) => ({
      country: properties.name,
      'area in km²': Math.round(properties.area_m2 / 1e6),
      centroid: properties.centroid.join(', '),
      'bounding box': bbox.join(', '),
    })),
  );
}

async function answer(response) {
  const body = await response.json();
  if (!response.ok)
    throw new Error(`${response.url} answered ${response.status}: ${body.detail ?? JSON.stringify(body)}`);
  return body;
}
