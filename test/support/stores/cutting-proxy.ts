import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of the connection once so many bytes of the body have passed. */
export interface Cut {
  /** Bytes of the body that the store gets. */
  readonly after: number;
  /**
   * `end`: the store sees the connection end, as of a client that is gone; `reset`: both ends see it break, as of a network that fails;
   * `stall`: nothing more passes, until the store is gone.
   */
  readonly how: 'end' | 'reset' | 'stall';
  /** Whether further requests pass. */
  readonly once: boolean;
}

interface Rule extends Cut {
  readonly reached: () => void;
}

/** A bound for what hangs. */
const PATIENCE = 30_000;

/** Passes connections on to a store, and breaks them off in the middle of the bodies of PUTs that it is told of. */
export class CuttingProxy {
  /** By a part of the path. */
  private readonly rules = new Map<string, Rule>();
  private readonly settling: Promise<void>[] = [];
  private readonly sockets = new Set<Socket>();
  private isRefusing = false;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
    private readonly pidOfStore: () => number,
  ) {
    server.on('connection', (client) => this.pass(client));
  }

  /** @param pidOfStore of the process that listens at the endpoint */
  static async before(endpoint: string, pidOfStore: () => number): Promise<CuttingProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, Number(new URL(endpoint).port), pidOfStore);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Cuts PUTs whose path has this in it. @returns what resolves when so many bytes have passed for the first time */
  cut(part: string, cut: Cut): Promise<void> {
    return new Promise((resolve) => this.rules.set(part, { ...cut, reached: resolve }));
  }

  /** Ends every further connection, until all is settled. */
  refuse(): void {
    this.isRefusing = true;
  }

  /** Everything passes again. Resolves once the store has let go of every connection that was broken off. */
  async settle(): Promise<void> {
    this.rules.clear();
    this.isRefusing = false;
    await Promise.all(this.settling.splice(0));
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(client: Socket): void {
    if (this.isRefusing) return void client.destroy();
    const store = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, store]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    }
    const requests = new Requests();
    let isCut = false;
    client.on('data', (chunk: Buffer) => {
      if (isCut) return;
      const passing = requests.take(chunk, (path) => this.ruleFor(path));
      store.write(passing.bytes, () => {
        if (!passing.cut) return;
        passing.cut.reached();
        this.breakOff(passing.cut, client, store);
      });
      isCut = passing.cut !== undefined;
    });
    // A client that goes in the middle of a request is a cut, too: the store's end of it is waited for.
    client.on('close', () => {
      if (!isCut && requests.isWithin) this.settling.push(closed(store));
      store.end();
    });
    client.on('end', () => store.end());
    store.on('data', (chunk: Buffer) => client.write(chunk));
    store.on('end', () => client.end());
    store.on('close', () => client.destroy());
  }

  private ruleFor(path: string): Rule | undefined {
    const [part, rule] = [...this.rules].find(([each]) => path.includes(each)) ?? [];
    if (part !== undefined && rule?.once) this.rules.delete(part);
    return rule;
  }

  private breakOff({ how }: Cut, client: Socket, store: Socket): void {
    if (how === 'stall') return;
    if (how === 'end') {
      this.settling.push(closed(store));
      store.end();
      client.resetAndDestroy();
      return;
    }
    this.settling.push(
      inodeOf(this.port, store.localPort ?? 0).then((inode) => {
        store.resetAndDestroy();
        client.resetAndDestroy();
        return this.letGo(inode);
      }),
    );
  }

  /** After a reset nothing is heard of the store any more: the kernel says what it holds. */
  private async letGo(inode: string | undefined): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (inode !== undefined && Date.now() < deadline && (await holds(this.pidOfStore(), inode))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Where in its requests a client is. */
class Requests {
  private head = Buffer.alloc(0);
  private rest = 0;
  private seen = 0;
  private rule: Rule | undefined;

  /** Whether a request has begun that has not been sent to its end. */
  get isWithin(): boolean {
    return this.rest > 0;
  }

  /** @returns of these bytes those that pass, and what to do after them */
  take(chunk: Buffer, ruleFor: (path: string) => Rule | undefined): { readonly bytes: Buffer; readonly cut?: Rule } {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.rest === 0) offset += this.takeHead(chunk.subarray(offset), ruleFor);
      const body = Math.min(this.rest, chunk.length - offset);
      if (this.rule && body > 0 && this.seen + body >= this.rule.after) {
        return { bytes: chunk.subarray(0, offset + this.rule.after - this.seen), cut: this.rule };
      }
      this.rest -= body;
      this.seen += body;
      offset += body;
    }
    return { bytes: chunk };
  }

  private takeHead(chunk: Buffer, ruleFor: (path: string) => Rule | undefined): number {
    const before = this.head.length;
    const all = Buffer.concat([this.head, chunk]);
    const end = all.indexOf('\r\n\r\n');
    this.head = end === -1 ? all : Buffer.alloc(0);
    if (end === -1) return chunk.length;
    const text = all.subarray(0, end).toString('latin1');
    const [, method, path = ''] = /^(\S+) (\S+)/.exec(text) ?? [];
    this.rest = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    this.seen = 0;
    this.rule = method === 'PUT' ? ruleFor(path) : undefined;
    return end + 4 - before;
  }
}

async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), PATIENCE);
  await new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', resolve);
  });
  clearTimeout(timer);
  socket.destroy();
}

/** Of the store's end of a connection. */
async function inodeOf(storePort: number, ourPort: number): Promise<string | undefined> {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8')).split('\n')) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(hex(storePort)) && remote?.endsWith(hex(ourPort))) return inode;
    }
  }
  return undefined;
}

async function holds(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
}
