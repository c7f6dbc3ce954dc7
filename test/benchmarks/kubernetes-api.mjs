import { KubeConfig } from '@kubernetes/client-node';
import { Agent, request } from 'undici';
import { eventually } from './measure.mjs';

/** The API server without a client library's models, over kept-alive connections: the yardstick of the ratios. */
export class KubernetesApi {
  #headers;
  #agent;

  static async of(kubeconfig, namespace) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const tls = {};
    await config.applyToHTTPSOptions(tls);
    return new KubernetesApi(config.getCurrentCluster().server.replace(/\/+$/, ''), namespace, tls);
  }

  constructor(server, namespace, { ca, cert, key, headers = {} }) {
    this.server = server;
    this.namespace = namespace;
    this.tls = { ca, cert, key };
    this.authentication = headers;
    this.#headers = { ...headers, accept: 'application/json' };
    // Kept for as long as the server keeps its own: to open one takes more than a request.
    const keepAlive = { keepAliveTimeout: 30_000, keepAliveMaxTimeout: 30_000 };
    this.#agent = new Agent({ allowH2: false, connections: null, connect: this.tls, ...keepAlive });
  }

  path(group, resource) {
    return `${group}/namespaces/${this.namespace}/${resource}`;
  }

  get jobs() {
    return this.path('/apis/batch/v1', 'jobs');
  }

  get pods() {
    return this.path('/api/v1', 'pods');
  }

  /** @returns the answer's text; rejects unless the status is 2xx or in `allowed` */
  async text(method, path, body, { contentType = 'application/json', allowed = [] } = {}) {
    const answer = await request(this.server + path, {
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      dispatcher: this.#agent,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300 && !allowed.includes(answer.statusCode))
      throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    return text;
  }

  async json(method, path, body, options) {
    return JSON.parse(await this.text(method, path, body, options));
  }

  /** All objects of a resource, in chunks. */
  async list(path) {
    const items = [];
    let token = '';
    do {
      const page = await this.json('GET', `${path}?limit=500&continue=${encodeURIComponent(token)}`);
      items.push(...page.items);
      token = page.metadata.continue ?? '';
    } while (token !== '');
    return items;
  }

  /** Calls back with each watch event from now on. @returns a function that ends the watch */
  async watch(path, onEvent) {
    const { metadata } = await this.json('GET', `${path}?limit=1`);
    const abort = new AbortController();
    const answer = await request(
      `${this.server}${path}?watch=true&timeoutSeconds=1800&resourceVersion=${metadata.resourceVersion}`,
      { headers: this.#headers, dispatcher: this.#agent, signal: abort.signal, bodyTimeout: 0 },
    );
    const read = async () => {
      let rest = '';
      for await (const chunk of answer.body.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        const at = performance.now();
        for (const line of lines) if (line) onEvent(JSON.parse(line), at);
      }
    };
    read().catch((error) => {
      if (!abort.signal.aborted) console.error(`  the watch of ${path} broke: ${error.message}`);
    });
    return () => abort.abort();
  }

  close() {
    return this.#agent.destroy();
  }
}

export const POD_FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

/** When each Job's pod was seen first, ended, and was released by the finalizer: `performance.now()` of the watch event's arrival. */
export class PodTimes {
  #byJob = new Map();

  static async start(api) {
    const times = new PodTimes();
    times.stop = await api.watch(api.pods, ({ type, object }, at) => times.#see(type, object, at));
    return times;
  }

  #see(type, pod, at) {
    const jobName = pod.metadata?.labels?.['job-name'];
    if (jobName === undefined) return;
    const known = this.#byJob.get(jobName) ?? { seen: at };
    this.#byJob.set(jobName, known);
    if (['Succeeded', 'Failed'].includes(pod.status?.phase)) known.ended ??= at;
    if (type === 'DELETED' || !pod.metadata.finalizers?.includes(POD_FINALIZER)) known.released ??= at;
  }

  values() {
    return this.#byJob.values();
  }

  get(jobId) {
    return this.#byJob.get(`pygeoapi-job-${jobId}`) ?? {};
  }

  released(jobId, bound) {
    return eventually(
      `the release of the pod of ${jobId}`,
      () => this.get(jobId).released !== undefined && this.get(jobId),
      bound,
    );
  }
}
