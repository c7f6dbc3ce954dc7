import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../support/child.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a server that does not start says. */
async function failure(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  try {
    const { child } = await Child.start('dist/main.js', ['--port', '0', ...args], environment, /^listening on/m);
    await child.end();
    return 'it started';
  } catch (error) {
    return (error as Error).message;
  }
}
const embedded = (name: string) => ['--cluster', 'embedded', '--data-dir', join(folder, name)];

describe('a start that fails', () => {
  it('says what is wrong in the configuration, where, and what is allowed, all at once and without a stack', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(
      file,
      'server: {bind: {port: eighty}, manager: {name: none}}\nresources: {x: {type: process, processor: {name: nobody}}}\n',
    );
    const said = await failure(['--config', file, ...embedded('a')]);
    expect(said).toMatch(/^.*wrong\.yaml: server\.bind\.port: .*eighty/m);
    expect(said).toMatch(/^.*wrong\.yaml: server\.manager\.name: .*pygeoapi_k8s_manager/m);
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('tells one mistake of each kind at once', async () => {
    const file = join(folder, 'many.yaml');
    await writeFile(
      file,
      `server: {bind: {port: eighty}, manager: {name: pygeoapi_k8s_manager.KubernetesManager}}
logging: {level: LOUD, logfile: ${join(folder, 'none', 'server.log')}}
metadata:
  identification:
    title: \${NOT_SET_BY_ANYBODY}
operators: [visualisation]
plugins: [./missing.mjs]
resources:
  a: {type: process, processor: [1]}
  b: {type: process, processor: {name: pygeoapi_k8s_manager.process.GenericImageProcessor}}
  c:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.HelloWorldK8sProcessor
      pod_security_context: {runAsUser: nobody}
      metadata: {inputs: {x: {schema: {type: text}}}, outputs: {y: 1}}
  d: {type: process, processor: {name: of.the.missing.Plugin}}
`,
    );
    const kubeconfig = join(folder, 'no-kubeconfig');
    const said = await failure(['--prot', '1', '--config', file], { SHUTDOWN_DELAY: 'long', KUBECONFIG: kubeconfig });
    const places = [
      /command line: --prot: is not known/,
      /environment: SHUTDOWN_DELAY: must be/,
      /many\.yaml: server\.bind\.port: must be .*"eighty"/,
      /many\.yaml: logging\.level: must be one of/,
      /many\.yaml: logging\.logfile: must be a file .*its folder does not exist/,
      /many\.yaml: metadata\.identification\.title: the environment variable NOT_SET_BY_ANYBODY is not set/,
      /many\.yaml: operators\[0\]: must be one of visualisations/,
      /many\.yaml: plugins\[0\]: plugin "\.\/missing\.mjs" is not there/,
      /many\.yaml: resources\.a\.processor: must be a mapping/,
      /many\.yaml: resources\.b\.processor\.default_image: .*must be/,
      /many\.yaml: resources\.c\.processor\.pod_security_context\.runAsUser: must be/,
      /many\.yaml: resources\.c\.processor\.metadata\.outputs\.y: must be an object/,
      /many\.yaml: resources\.c\.processor\.metadata\.inputs\.x\.schema: must be a JSON Schema/,
      /no kubeconfig file at .*no-kubeconfig/,
    ];
    expect(places.filter((place) => !place.test(said))).toEqual([]);
    // What follows from another mistake is none.
    expect(said).not.toContain('of.the.missing.Plugin');
    expect(said).not.toMatch(/^\s+at /m);
    expect(said.match(/SHUTDOWN_DELAY/g)).toHaveLength(1);
  });

  it('tells, of a file that is no YAML, what else is wrong, with the embedded cluster, too', async () => {
    const [file, images] = [join(folder, 'broken.yaml'), join(folder, 'images.json')];
    await writeFile(file, 'server: {\n');
    await writeFile(images, '[1]');
    const environment = { EMBEDDED_IMAGES: images, PORT: 'x', OPERATORS: 'visualisations', VISUALISATIONS_TLS: 'x' };
    const said = await failure(['--config', file, ...embedded('e')], environment);
    expect(said).toMatch(/broken\.yaml: line \d+, column \d+: /);
    expect(said).toMatch(/images\.json: \/0: must be object/);
    await writeFile(images, '[]');
    expect(await failure(['--config', file, ...embedded('e')], environment)).toContain('needs a Kubernetes cluster');
  });

  it('names the processors that there are', async () => {
    const file = join(folder, 'unknown.yaml');
    await writeFile(
      file,
      'server: {manager: {name: pygeoapi_k8s_manager.KubernetesManager}}\nresources: {x: {type: process, processor: {name: nobody}}}\n',
    );
    expect(await failure(['--config', file, ...embedded('b')])).toMatch(
      /resources\.x\.processor\.name: .*HelloWorldK8sProcessor/,
    );
  });

  it('says which flag is wrong', async () => {
    expect(await failure(['--cluster', 'cloud'])).toContain('must be one of auto, embedded, kubeconfig, in-cluster');
    expect(await failure(['--prot', '1'])).toContain('--prot');
  });

  it('says that the port is taken, and stops what it had started', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const said = await failure(['--host', '127.0.0.1', '--port', String(port), ...embedded('c')]);
    expect(said).toContain(`address already in use 127.0.0.1:${port}. Choose with --host and --port.`);
    expect(said).not.toMatch(/^\s+at /m);
    taken.close();
    expect(await failure(embedded('c'))).toBe('it started');
  });

  it('says that a data folder is in use, and by whom', async () => {
    const { child } = await Child.start('dist/main.js', ['--port', '0', ...embedded('d')], {}, /^listening on/m);
    expect(await failure(embedded('d'))).toContain(String(child.process.pid));
    expect(await child.end()).toBe(0);
  });

  it('never takes the embedded cluster by itself inside a container', async () => {
    const said = await failure(['--cluster', 'auto'], { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(said).toContain('--cluster embedded');
    expect(said).not.toMatch(/^\s+at /m);
  });
});

describe('help and version', () => {
  it('are printed', async () => {
    const { match } = await Child.start(
      'dist/main.js',
      ['--help'],
      {},
      /DATA_DIR[^]*--object-store[^]*PYGEOAPI_K8S_MANAGER_API_TOKEN/,
    );
    expect(match[0]).toContain('embedded');
    await Child.start('dist/main.js', ['--version'], {}, /^\d+\.\d+\.\d+/m);
  });
});

describe('the start', () => {
  it('loads of the Kubernetes library what it uses: its kubeconfig, no generated client', async () => {
    const hooks = join(folder, 'print-modules.mjs');
    const source = [
      "import { registerHooks } from 'node:module';",
      "const load = (url, context, next) => (console.log('loads ' + url), next(url, context));",
      'registerHooks({ load });',
    ];
    await writeFile(hooks, source.join('\n'));
    const options = { NODE_OPTIONS: `--import ${hooks}` };
    const { child } = await Child.start('dist/main.js', ['--version'], options, /^\d+\.\d+\.\d+\n/m);
    const loaded = [...child.output.matchAll(/^loads \S+\/client-node\/dist\/(\S+)$/gm)].map(([, name]) => name);
    expect(loaded).toContain('config.js');
    expect(loaded.filter((name) => /^gen\/(?:apis|models|types)\//.test(name ?? ''))).toEqual([]);
  });
});
