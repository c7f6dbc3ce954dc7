import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { parse } from 'yaml';

/** Tunnels connections to an API server until it is told to be cut: then no byte goes either way, as when the network between two machines is parted. */
export class ApiProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    /** A copy of the cluster's kubeconfig that names this proxy (`proxy-url`). */
    readonly kubeconfig: string,
  ) {
    server.on('connect', ({ url }, client: Socket) => {
      const { hostname: host, port } = new URL(`http://${url}`);
      const upstream = connect({ host, port: Number(port) }, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      this.passOn(client, upstream);
    });
  }

  /** @param copy where the changed kubeconfig is written */
  static async before(kubeconfig: string, copy: string): Promise<ApiProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const config = parse(await readFile(kubeconfig, 'utf8')) as { clusters: { cluster: object }[] };
    for (const { cluster } of config.clusters)
      Object.assign(cluster, { 'proxy-url': `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await writeFile(copy, JSON.stringify(config), { mode: 0o600 });
    return new ApiProxy(server, copy);
  }

  cut(): void {
    this.isCut = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** What was sent meanwhile arrives now. */
  heal(): void {
    this.isCut = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /** Ends all connections, as when the API server is restarted. */
  break(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.break();
  }

  private passOn(client: Socket, upstream: Socket): void {
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const other = (socket: Socket) => (socket === client ? upstream : client);
    for (const socket of pair) {
      socket.on('data', (chunk: Buffer) => {
        if (!other(socket).write(chunk)) socket.pause();
      });
      socket.on('drain', () => !this.isCut && other(socket).resume());
      socket.on('end', () => other(socket).end());
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        other(socket).destroy();
      });
    }
    if (this.isCut) for (const socket of pair) socket.pause();
  }
}
