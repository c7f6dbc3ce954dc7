import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { KubernetesApi, POD_FINALIZER } from './kubernetes-api.mjs';
import { eventually, median, pause } from './measure.mjs';
import { startStore } from './store.mjs';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
export const realKubeconfig = process.env.E2E_KUBECONFIG;
export const onRealCluster = realKubeconfig !== undefined;

/** Node's own, as `docker/start` gives them, and the heap that Node takes in a container of the memory that is shipped: half of it. */
export async function shippedFlags() {
  const [, flags] = await found('docker/start', /^set -- node (.*) \S+\/main\.js "\$@"$/m);
  const [, memory] = await found('k8s-manifests/base/deployment.yaml', /limits: \{ memory: (\d+)Mi \}/);
  return [...flags.split(' '), `--max-old-space-size=${memory / 2}`];
}

async function shippedVariables() {
  const [, arenas] = await found('docker/start', /^export MALLOC_ARENA_MAX="\$\{MALLOC_ARENA_MAX:-(\d+)\}"$/m);
  return { MALLOC_ARENA_MAX: arenas };
}

async function found(file, pattern) {
  const match = pattern.exec(await readFile(join(projectFolder, file), 'utf8'));
  if (!match) throw new Error(`${file} has nothing like ${pattern}`);
  return match;
}

/** A program of this project in a process of its own. */
export class Child {
  output = '';

  /**
   * @param ready what it prints when it is ready
   * @param nodeOptions flags of Node itself
   */
  static async start(script, args, environment, ready, nodeOptions = []) {
    const child = new Child();
    child.started = performance.now();
    child.process = spawn(process.execPath, [...nodeOptions, join('dist', script), ...args], {
      cwd: projectFolder,
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...environment },
    });
    child.ended = once(child.process, 'exit');
    await new Promise((resolve, reject) => {
      for (const stream of [child.process.stdout, child.process.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => {
          child.output += text;
          child.match ??= ready.exec(child.output) ?? undefined;
          if (child.match) resolve();
        });
      }
      child.process.once('exit', (code) => reject(new Error(`${script} ended with ${code}:\n${child.output}`)));
      const bound = setTimeout(() => reject(new Error(`${script} was not ready in 60 s:\n${child.output}`)), 60_000);
      bound.unref();
    }).catch(async (error) => {
      await child.end('SIGKILL');
      throw error;
    });
    /** Milliseconds from the start of the process to its ready line. */
    child.startTime = performance.now() - child.started;
    return child;
  }

  /** Resident memory, MiB; NaN where the system has no /proc. */
  async residentMemory() {
    const status = await readFile(`/proc/${this.process.pid}/status`, 'utf8').catch(() => '');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) / 1024;
  }

  /** Milliseconds of processor time so far; NaN where the system has no /proc. */
  async processorTime() {
    const stat = await readFile(`/proc/${this.process.pid}/stat`, 'utf8').catch(() => '');
    // The name of the program, in parentheses, may hold spaces; user and system time are the 14th and 15th field, in ticks of 10 ms.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) * 10;
  }

  /** Resident memory over three seconds: the median. */
  async settledMemory() {
    const samples = [];
    for (let index = 0; index < 10; index += 1) {
      samples.push(await this.residentMemory());
      await pause(300);
    }
    return median(samples);
  }

  async end(signal = 'SIGTERM') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const late = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    await exited;
    clearTimeout(late);
  }
}

/** A namespace of its own on the cluster, an object store, and servers on them. `stop` removes it all. */
export class Bed {
  static #open = new Set();
  #ends = [];

  /** For a run that is interrupted. */
  static stopAll() {
    return Promise.all([...Bed.#open].map((bed) => bed.stop()));
  }

  static async start() {
    const bed = new Bed();
    Bed.#open.add(bed);
    bed.folder = await mkdtemp(join(tmpdir(), 'benchmark-'));
    bed.#ends.push(() => rm(bed.folder, { recursive: true, force: true }));
    try {
      bed.store = await startStore(bed.folder);
      bed.#ends.push(() => bed.store.remove());
      await bed.#compile();
      await bed.#startCluster();
    } catch (error) {
      await bed.stop();
      throw error;
    }
    return bed;
  }

  /** As the image brings it: what V8 has compiled of the server. */
  async #compile() {
    this.compiled = join(this.folder, 'compiled');
    const environment = { NODE_COMPILE_CACHE: this.compiled };
    const child = await Child.start('main.js', ['--version'], environment, /^\d/m, await shippedFlags());
    await child.ended;
  }

  async #startCluster() {
    this.kubeconfig = realKubeconfig;
    if (!onRealCluster) {
      const ready = /embedded cluster ready: (.+)\n/;
      const child = await Child.start(
        'embedded-cluster/main.js',
        ['--data-dir', join(this.folder, 'cluster')],
        {},
        ready,
      );
      this.#ends.push(() => child.end());
      this.kubeconfig = child.match[1].trim();
    }
    this.namespace = onRealCluster ? `benchmark-${randomBytes(4).toString('hex')}` : 'default';
    this.api = await KubernetesApi.of(this.kubeconfig, this.namespace);
    this.#ends.push(() => this.api.close());
    if (!onRealCluster) return;
    await this.api.json('POST', '/api/v1/namespaces', { metadata: { name: this.namespace } });
    this.#ends.push(() => this.#removeNamespace());
    const serviceAccount = this.api.path('/api/v1', 'serviceaccounts/default');
    await eventually('the default service account', async () => {
      const { kind } = await this.api.json('GET', serviceAccount, undefined, { allowed: [404] });
      return kind === 'ServiceAccount';
    });
  }

  /** Waits for what still runs under the finalizer to be released: nobody else would. */
  async #removeNamespace() {
    const path = `/api/v1/namespaces/${this.namespace}`;
    await this.api.text('DELETE', path);
    const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [POD_FINALIZER] } };
    const options = { contentType: 'application/strategic-merge-patch+json', allowed: [404, 409] };
    await eventually(
      `the end of the namespace ${this.namespace}`,
      async () => {
        const held = (await this.api.list(this.api.pods)).filter((pod) =>
          pod.metadata.finalizers?.includes(POD_FINALIZER),
        );
        for (const pod of held) await this.api.text('PATCH', `${this.api.pods}/${pod.metadata.name}`, body, options);
        return (await this.api.json('GET', path, undefined, { allowed: [404] })).kind === 'Status';
      },
      300_000,
    );
  }

  /**
   * With the flags of Node and the variables that the image has, and what V8 has compiled.
   * @param overrides `kubeconfig` and `configuration` (a file) to use instead, `nodeOptions`
   */
  async startServer({
    kubeconfig = this.kubeconfig,
    configuration = 'test/benchmarks/config.yaml',
    nodeOptions = [],
  } = {}) {
    const child = await Child.start(
      'main.js',
      ['--cluster', 'kubeconfig', '--port', '0', ...this.store.args],
      {
        PYGEOAPI_CONFIG: configuration,
        KUBECONFIG: kubeconfig,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: this.namespace,
        NODE_COMPILE_CACHE: this.compiled,
        ...(await shippedVariables()),
        ...this.store.environment,
      },
      /^listening on (http:\/\/\S+)$/m,
      [...(await shippedFlags()), ...nodeOptions],
    );
    this.#ends.push(() => child.end());
    return Object.assign(new Client(child.match[1]), { child });
  }

  /** Ends with the bed. */
  onStop(end) {
    this.#ends.push(end);
  }

  async stop() {
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        console.error(`  cleaning up: ${error.message}`);
      }
    }
    Bed.#open.delete(this);
  }
}

/** Requests to the server under test over kept-alive connections. */
export class Client {
  #agent = new Agent({ connections: null });

  constructor(url) {
    this.url = url;
  }

  async send(method, path, { headers = {}, body } = {}) {
    const answer = await request(this.url + path, { method, headers, body, dispatcher: this.#agent });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    return { status: answer.statusCode, headers: answer.headers, text };
  }

  get(path) {
    return this.send('GET', path);
  }

  async json(path) {
    return JSON.parse((await this.get(path)).text);
  }

  /** @param prefer `respond-async` for an asynchronous execution */
  execute(process, inputs = {}, prefer) {
    const headers = { 'content-type': 'application/json', ...(prefer ? { prefer } : {}) };
    return this.send('POST', `/processes/${process}/execution`, { headers, body: JSON.stringify({ inputs }) });
  }

  /** @returns the id of the job that was made */
  async submit(process, inputs) {
    return JSON.parse((await this.execute(process, inputs, 'respond-async')).text).jobID;
  }
}
