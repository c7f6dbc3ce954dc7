import { readFile, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** Passes connections on to an API server until it is told to be cut: then no byte goes either way, as when the network between two machines is parted. */
export class TcpProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    /** A copy of the cluster's kubeconfig whose API server is this proxy. */
    readonly kubeconfig: string,
  ) {
    server.on('connection', (socket) => this.passOn(socket));
  }

  /** @param copy where the changed kubeconfig is written */
  static async before(kubeconfig: string, copy: string): Promise<TcpProxy> {
    const text = await readFile(kubeconfig, 'utf8');
    const [address = ''] = /https?:\/\/[^\s"',}]+/.exec(text) ?? [];
    const { hostname: host, port } = new URL(address);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const own = new URL(address);
    own.port = String((server.address() as AddressInfo).port);
    await writeFile(copy, text.replace(address, own.href.replace(/\/$/, '')), { mode: 0o600 });
    return new TcpProxy(server, { host, port: Number(port) }, copy);
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

  private passOn(client: Socket): void {
    const upstream = connect(this.target);
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
