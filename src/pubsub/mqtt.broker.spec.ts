import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { MqttBroker } from './mqtt.broker.js';

/** MQTT 3.1.1, section 3.2: the connection is accepted. */
const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00]);

let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** @returns the address of a broker that takes connections, and does nothing ever after, not even end them */
async function frozenBroker(): Promise<string> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.write(CONNACK)).on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a broker that does not answer any more', () => {
  it('keeps nobody from leaving it', async () => {
    const broker = new MqttBroker({ protocol: 'mqtt', url: await frozenBroker(), hidden: false });
    await broker.connect(new AbortController().signal);
    expect(broker.isConnected).toBe(true);
    await broker.close();
    expect(broker.isConnected).toBe(false);
  });
});
