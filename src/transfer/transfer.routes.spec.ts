import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TRANSFER_PATH, transferRoutes } from './transfer.routes.js';
import type { Receiving, TransfersService } from './transfers.service.js';

const run = promisify(execFile);
const SIZE = 50 * 1024 ** 2;

describe('the addresses for jobs', () => {
  let fastify: FastifyInstance;
  let store: Server;
  let folder: string;
  let route: Receiving;
  let stored = 0;
  /** Bytes that came over connections to the server itself. */
  let received = 0;
  const announced: unknown[] = [];

  beforeEach(async () => {
    [received, stored, announced.length] = [0, 0, 0];
    folder = await mkdtemp(join(tmpdir(), 'transfer-routes-'));
    store = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => (stored += chunk.length)).on('end', () => response.end());
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const transfers = {
      receiveOutput: (_holder: unknown, announcement: unknown) => {
        announced.push(announcement);
        return Promise.resolve(route);
      },
    } as unknown as TransfersService;
    fastify = Fastify({ bodyLimit: 100 });
    await fastify.register(transferRoutes, {
      prefix: TRANSFER_PATH,
      transfers,
      sendProblem: (error, _request, reply) => void reply.status(500).send(String(error)),
    });
    fastify.post('/elsewhere', async (request) => request.body);
    fastify.server.on('connection', (socket) => socket.on('data', (chunk) => (received += chunk.length)));
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    route = { redirect: `http://127.0.0.1:${(store.address() as AddressInfo).port}/bucket/key` };
  });
  afterEach(async () => {
    await fastify.close();
    await new Promise((resolve) => store.close(resolve));
    await rm(folder, { recursive: true });
  });

  const address = (path: string) => `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}${path}`;
  const put = async (size: number, ...options: string[]) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await truncate(file, size);
    return run('curl', [
      '-sS',
      '-f',
      '-L',
      ...options,
      '-T',
      file,
      address('/transfer/job/outputs/an%20output?capability=c&sha256=s'),
    ]);
  };

  it('send curl on to the store, which alone gets the bytes', async () => {
    await put(SIZE);
    expect(announced).toEqual([
      { outputId: 'an output', part: undefined, size: SIZE, sha256: 's', mediaType: undefined },
    ]);
    expect(stored).toBe(SIZE);
    expect(received).toBeLessThan(2_000);
  });

  it('tell what a job says of its bytes by headers', async () => {
    await put(5, '-H', 'Content-MD5: m', '-H', 'x-amz-checksum-sha256: s');
    expect(announced).toMatchObject([{ digests: { md5: 'm', sha256: 's' } }]);
  });

  it.each([0, 5, SIZE])(
    'take %d bytes themselves where the store has no addresses, whatever their media type',
    async (size) => {
      route = {
        receive: async (body) => {
          for await (const chunk of body) stored += (chunk as Buffer).length;
        },
      };
      await put(size, '-H', 'Content-Type: application/json');
      expect(stored).toBe(size);
    },
  );

  it('refuse before the bytes come', async () => {
    route = undefined as unknown as Receiving;
    await expect(put(SIZE)).rejects.toMatchObject({ stderr: expect.stringContaining('500') });
    expect(received).toBeLessThan(2_000);
  });

  it('leave it to other addresses to ask for the body', async () => {
    const { hostname, port } = new URL(address('/'));
    const socket = connect(Number(port), hostname);
    const body = '{"a":1}';
    socket.write(
      `POST /elsewhere HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
    }
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK[^]*\{"a":1\}$/);
  });
});
