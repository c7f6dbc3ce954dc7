import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';

/** Stands between the server and the API server and counts the requests. Asks for a token of its own: behind it is the cluster. */
export class CountingProxy {
  /** `METHOD path` of each request since the last `reset`. */
  requests = [];

  static async start(api, folder) {
    const proxy = new CountingProxy();
    const token = randomBytes(32).toString('base64url');
    const agent = new https.Agent({ keepAlive: true, ...api.tls });
    const server = http.createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
      proxy.requests.push(`${request.method} ${request.url}`);
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
    proxy.kubeconfig = join(folder, 'counting.kubeconfig');
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

  /** Renewals of the leader's Lease go on by the clock and are counted apart. */
  get count() {
    const leases = this.requests.filter((request) => request.includes('/leases/')).length;
    return { leases, others: this.requests.length - leases };
  }
}
