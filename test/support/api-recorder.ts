import { KubeConfig } from '@kubernetes/client-node';
import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, request as secureRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { HOST_FROM_PODS } from './cluster.js';

/** `get jobs.batch`, `get pods/log`: as the Role's rules name it. */
export type Right = string;

/**
 * Stands between servers in pods and the API server, passes on what they ask with their own token, and notes which right each request takes.
 * Requests that need no right of a Role (SelfSubjectAccessReviews, the version) are not noted.
 */
export class ApiRecorder {
  readonly used = new Set<Right>();
  /** What the API server did not allow. */
  readonly refused = new Set<Right>();
  private readonly conflicts: Right[] = [];

  private constructor(
    private readonly server: Server,
    private readonly upstream: URL,
    private readonly upstreamAuthority: Buffer | undefined,
    /** PEM; who asks has to trust it. */
    readonly authority: string,
  ) {
    server.on('request', (incoming, answer) => this.passOn(incoming, answer));
  }

  /** @param kubeconfig names the API server; nothing of its user is used */
  static async before(kubeconfig: string): Promise<ApiRecorder> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const cluster = config.getCurrentCluster();
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'API recorder' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: HOST_FROM_PODS }] },
      ],
    });
    const server = createServer({ cert, key }).listen(0, HOST_FROM_PODS);
    await once(server, 'listening');
    const authority = cluster?.caData ? Buffer.from(cluster.caData, 'base64') : undefined;
    return new ApiRecorder(server, new URL(cluster?.server ?? ''), authority, cert);
  }

  get host(): string {
    return HOST_FROM_PODS;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The next request that takes this right is answered by a conflict, as when somebody else has changed the object. */
  conflictOnce(right: Right): void {
    this.conflicts.push(right);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private passOn(incoming: IncomingMessage, answer: ServerResponse): void {
    const right = rightOf(incoming.method ?? '', incoming.url ?? '');
    if (right !== undefined) {
      this.used.add(right);
      const conflict = this.conflicts.indexOf(right);
      if (conflict >= 0) {
        this.conflicts.splice(conflict, 1);
        incoming.resume();
        answer.writeHead(409, { 'content-type': 'application/json' });
        answer.end(JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Conflict', code: 409 }));
        return;
      }
    }
    const { method, headers, url: path } = incoming;
    const { hostname: host, port, protocol } = this.upstream;
    const send = protocol === 'https:' ? secureRequest : request;
    const outgoing = send({ host, port, method, path, headers, ca: this.upstreamAuthority }, (answered) => {
      if (answered.statusCode === 403 && right !== undefined) this.refused.add(right);
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
      answered.on('error', () => answer.destroy());
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}

/**
 * What a request asks for, as the API server finds it (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb).
 * @param path with its query
 * @returns undefined for what is of no namespace
 */
export function rightOf(method: string, path: string): Right | undefined {
  const { pathname, searchParams } = new URL(path, 'http://api');
  const [, group = '', kind = '', name, subresource] =
    /^\/(?:api|apis\/([^/]+))\/[^/]+\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(pathname) ?? [];
  if (kind === '') return undefined;
  const watches = ['true', '1'].includes(searchParams.get('watch') ?? '');
  const reads = watches ? 'watch' : name === undefined ? 'list' : 'get';
  const deletes = name === undefined ? 'deletecollection' : 'delete';
  const verbs: Record<string, string> = { GET: reads, POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: deletes };
  const resource = subresource === undefined ? kind : `${kind}/${subresource}`;
  return `${verbs[method] ?? method} ${group === '' ? resource : `${resource}.${group}`}`;
}
