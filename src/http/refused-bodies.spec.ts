import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { readOutRefused } from './refused-bodies.js';

const server = fastify({ bodyLimit: 1000 });
readOutRefused(server);
server.post('/', () => 'taken');

beforeAll(() => server.listen({ port: 0, host: '127.0.0.1' }));
afterAll(() => server.close());

/**
 * Sends a head at once, and the body only when the answer is there, as a proxy may. @returns all that came until the
 * connection was closed
 */
async function post(length: number, thenAnother: boolean): Promise<string> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  let came = '';
  const head = (size: number, close = '') =>
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n${close}\r\n`;
  socket.write(head(length));
  socket.setEncoding('utf8').on('data', (text: string) => (came += text));
  await once(socket, 'data');
  socket.write(' '.repeat(thenAnother ? length : 100_000));
  if (thenAnother) socket.write(`${head(2, 'Connection: close\r\n')}{}`);
  await once(socket, 'close');
  return came;
}

describe('a body that is too large', () => {
  it('is refused, read out, and followed by the next request on the connection', async () => {
    const came = await post(20 * 1024 ** 2, true);
    expect(came).toMatch(/^HTTP\/1.1 413 [^]*HTTP\/1.1 200 [^]*taken$/);
  });

  it('is cut where it is far too large', async () => {
    const came = await post(65 * 1024 ** 2, false);
    expect(came).toMatch(/^HTTP\/1.1 413 [^]*connection: close/);
  });
});
