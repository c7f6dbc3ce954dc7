import { isDeepStrictEqual } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster, DispatcherOptions, RequestContext } from '@kubernetes/client-node';
import { Agent, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';

/**
 * Below the 90 seconds after which the API server closes an idle connection, and the 60 of common load balancers, so that no request is sent
 * on a connection that is just being closed.
 */
const KEEP_ALIVE_MILLISECONDS = 30_000;

/** HTTP/1.1: a stalled watch or log holds up nothing but itself. `connections: null` sets no limit, each open watch has one. */
const pool = {
  allowH2: false,
  connections: null,
  keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
  keepAliveMaxTimeout: KEEP_ALIVE_MILLISECONDS,
};

/**
 * A kubeconfig whose requests share kept-alive connections; the library opens a new one for each request. Only connections are kept: the library's
 * authenticators are asked for every request, so that token files, exec plugins and OIDC refresh as ever. Changed certificates get new connections.
 */
export class PooledKubeConfig extends KubeConfig {
  #options?: DispatcherOptions;
  #dispatcher?: Dispatcher;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const made = context.getDispatcher();
    if (made !== undefined) this.#dispatcher = made;
    else if (this.#dispatcher !== undefined) context.setDispatcher(this.#dispatcher);
  }

  /** The library calls this for each request; answering `none` keeps it from making a dispatcher. */
  override createDispatcherOptions(
    cluster: Cluster | null,
    agentOptions: Parameters<KubeConfig['createDispatcherOptions']>[1],
  ): DispatcherOptions {
    // The library refuses plain HTTP unless TLS verification is off; kubectl takes it, and there is nothing to verify.
    const plain = cluster !== null && cluster.server.startsWith('http:');
    const options = super.createDispatcherOptions(plain ? { ...cluster, skipTLSVerify: true } : cluster, agentOptions);
    if (this.#dispatcher !== undefined && isDeepStrictEqual(options, this.#options)) return { type: 'none' };
    const previous = this.#dispatcher;
    this.#options = options;
    // The library's own SOCKS connector is not exported: the dispatcher that it makes is taken over afterwards.
    this.#dispatcher = options.type === 'socks' ? undefined : makeDispatcher(options);
    // Requests under way end on the connections that they have.
    void previous?.close();
    return options.type === 'socks' ? options : { type: 'none' };
  }

  /** Breaks all connections, watches and logs included. */
  async close(): Promise<void> {
    const dispatcher = this.#dispatcher;
    this.#dispatcher = undefined;
    await dispatcher?.destroy();
  }
}

function makeDispatcher(options: Exclude<DispatcherOptions, { type: 'socks' }>): Dispatcher {
  switch (options.type) {
    case 'proxy':
      return new ProxyAgent({ ...pool, uri: options.uri, requestTls: options.requestTls, connect: options.connect });
    case 'agent':
      return new Agent({ ...pool, connect: options.connect });
    case 'none':
      return new Agent(pool);
  }
}
