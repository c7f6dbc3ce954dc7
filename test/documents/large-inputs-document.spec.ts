import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { codeUnder } from '../support/documents.js';

const documented = (language: string) => codeUnder('docs/results.md', 'Large inputs', language)[0] ?? '';
const inputs = JSON.stringify({ text: 'ä$(HOME)"\n'.repeat(50_000) });

let server: Server;
let base: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-inputs-'));
  server = createServer(({ url }, response) => {
    // As with S3: the server's own address leads to one of the store.
    if (url === '/transfer') response.writeHead(307, { location: '/store' }).end();
    else if (url === '/store') response.writeHead(200, { 'content-type': 'application/json' }).end(inputs);
    else response.writeHead(410).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

describe.each([
  ['shell', 'sh', ['-c', `${documented('sh')}\ncat inputs.json`]],
  [
    'Python',
    'python3',
    ['-c', `${documented('python')}\nprint(json.dumps(inputs, ensure_ascii=False, separators=(",", ":")), end="")`],
  ],
] as const)('the lines in %s that docs/results.md shows', (_language, program, args) => {
  const run = async (environment: Record<string, string>) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], PYTHONUTF8: '1', ...environment },
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { stdout, stderr, code: code as number };
  };

  it('read inputs from the environment', async () => {
    expect(await run({ PYGEOAPI_K8S_MANAGER_INPUTS: '{"a":"ä $(x)"}' })).toEqual({
      stdout: '{"a":"ä $(x)"}',
      stderr: '',
      code: 0,
    });
  });

  it('read inputs from an address, which may lead to another', async () => {
    expect(await run({ PYGEOAPI_K8S_MANAGER_INPUTS_URL: `${base}/transfer` })).toEqual({
      stdout: inputs,
      stderr: '',
      code: 0,
    });
  });

  it('fail where they cannot be read', async () => {
    const { stdout, stderr, code } = await run({ PYGEOAPI_K8S_MANAGER_INPUTS_URL: `${base}/gone` });
    expect([stdout, code === 0]).toEqual(['', false]);
    expect(stderr).toContain('410');
  });
});
