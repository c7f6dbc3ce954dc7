import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { eventually } from './measure.mjs';

const EXPIRED = JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' });

/** Stands between the server and the API server and counts the requests. Asks for a token of its own: behind it is the cluster. */
export class CountingProxy {
  /** `METHOD path` of each request since the last `reset`. */
  requests = [];
  /** Watches that are open. */
  #watches = new Set();
  #expired = 0;

  /** @param number of several in one folder */
  static async start(api, folder, number = 0) {
    const proxy = new CountingProxy();
    const token = randomBytes(32).toString('base64url');
    const agent = new https.Agent({ keepAlive: true, ...api.tls });
    const server = http.createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
      proxy.requests.push(`${request.method} ${request.url}`);
      const watched = /\/([a-z]+)\?(?:.*&)?watch=true/.exec(request.url)?.[1];
      if (watched === 'jobs' && proxy.#expired > 0) {
        proxy.#expired -= 1;
        return response.writeHead(410, { 'content-type': 'application/json' }).end(EXPIRED);
      }
      if (watched === 'jobs') proxy.#watches.add(response.on('close', () => proxy.#watches.delete(response)));
      const headers = { ...request.headers, host: new URL(api.server).host };
      delete headers.authorization;
      const upstream = https.request(
        api.server + request.url,
        {
          method: request.method,
          agent,
          headers: { ...headers, ...api.authentication },
        },
        (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          response.flushHeaders();
          answer.pipe(response);
          answer.on('error', () => response.destroy());
        },
      );
      upstream.on('error', () => response.destroy());
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy.kubeconfig = join(folder, `counting-${number}.kubeconfig`);
    const cluster = { server: `http://127.0.0.1:${server.address().port}` };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'counting', cluster }],
      users: [{ name: 'counting', user: { token } }],
      contexts: [{ name: 'counting', context: { cluster: 'counting', user: 'counting' } }],
      'current-context': 'counting',
    };
    await writeFile(proxy.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    proxy.close = () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    };
    return proxy;
  }

  reset() {
    this.requests = [];
  }

  /** Breaks the watch of Jobs, and says once that its version has expired, as the API server does: all of them are then listed again. Resolves with the watch after it. */
  async listAgain() {
    this.#expired = 1;
    for (const watch of this.#watches) watch.destroy();
    await eventually('the list of Jobs', () => this.#expired === 0 && this.#watches.size > 0, 180_000);
  }

  /** Renewals of the leader's Lease go on by the clock and are counted apart. */
  get count() {
    const leases = this.requests.filter((request) => request.includes('/leases/')).length;
    return { leases, others: this.requests.length - leases };
  }
}
