import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes connections on to a server, and breaks each of the first ones within an answer. */
export class CuttingProxy {
  cuts = 0;
  connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
  ) {}

  /** @param bytes of the server's that pass before the connection is cut, of the first connections in turn; the others are left alone */
  static async before(target: string, bytes: readonly number[]): Promise<CuttingProxy> {
    const sockets = new Set<Socket>();
    const { hostname, port } = new URL(target);
    const left = [...bytes];
    const server = createServer((client) => {
      proxy.connections += 1;
      const upstream = connect(Number(port), hostname);
      const limit = left.shift() ?? Infinity;
      let passed = 0;
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      }
      client.pipe(upstream);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.end());
      upstream.on('data', (chunk: Buffer) => {
        client.write(chunk.subarray(0, Math.max(0, limit - passed)));
        passed += chunk.length;
        if (passed < limit || upstream.destroyed) return;
        proxy.cuts += 1;
        upstream.destroy();
        client.end(() => client.resetAndDestroy());
      });
    });
    const proxy = new CuttingProxy(server, sockets);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
