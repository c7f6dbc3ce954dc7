import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** An address that is known before the server behind it is. */
export class Forward {
  private readonly sockets = new Set<Socket>();
  private target = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Forward> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const forward = new Forward(server);
    server.on('connection', (socket) => forward.pass(socket));
    return forward;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param url of the server on this machine */
  to(url: string): void {
    this.target = Number(new URL(url).port);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pass(incoming: Socket): void {
    const outgoing = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => (this.sockets.delete(socket), other.destroy()));
      socket.pipe(other);
    }
  }
}
