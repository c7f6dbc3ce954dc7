import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { Child, projectFolder } from '../support/child.js';
import { TestCluster } from '../support/cluster.js';
import { compile, installPackedPackage, type PackedPackage } from '../support/packed-package.js';
import { startTestStore } from '../support/store.js';

let folder: string;
let packed: PackedPackage;
beforeAll(async () => {
  // Its address is not its path.
  folder = await mkdtemp(join(tmpdir(), "e2e package's "));
  packed = await installPackedPackage(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('holds the server and its types, and nothing of tests, sources and secrets', async () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'config/pygeoapi-config.yaml',
      'docs/custom-processors.md',
      'package.json',
    ]);
    const inDist = paths.filter((path) => path.startsWith('dist/'));
    const isCode = (path: string) =>
      /\.(js|d\.ts|py)$/.test(path) || /^dist\/html\/browser\/.*\.(json|css|png)$/.test(path);
    expect(inDist.filter((path) => !isCode(path) || /\.spec\.|\/testing\//.test(path))).toEqual([]);
    expect(inDist).toEqual(
      expect.arrayContaining([
        'dist/index.js',
        'dist/index.d.ts',
        'dist/main.js',
        'dist/html/browser/land.json',
        'dist/html/browser/leaflet/leaflet.css',
        'dist/html/browser/leaflet/images/layers.png',
      ]),
    );
    // More than a megabyte of it is Redoc, another one what draws maps and pictures.
    expect(packed.unpackedSize).toBeLessThan(7_000_000);
    const root = join(folder, 'node_modules/ogc-processes-k8s');
    for (const path of paths) {
      const text = await readFile(join(root, path), 'utf8');
      expect([
        path,
        /BEGIN [A-Z ]*PRIVATE KEY-----\n|\bAKIA[0-9A-Z]{16}\b/.test(text),
        text.includes(projectFolder),
      ]).toEqual([path, false, false]);
    }
  });

  it('exports what a developer of a processor needs, each with its documentation', () => {
    const entry = join(folder, 'node_modules/ogc-processes-k8s/dist/index.d.ts');
    const options = {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
    };
    const program = ts.createProgram([entry], options);
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(entry);
    const symbol = source && checker.getSymbolAtLocation(source);
    const exported = (symbol ? checker.getExportsOfModule(symbol) : []).map((one) =>
      one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one,
    );
    expect(exported.map(({ name }) => name).toSorted()).toEqual([
      'AccessRequest',
      'ClusterView',
      'CommonDefinition',
      'Configuration',
      'ConfigurationError',
      'ConfigurationFault',
      'ConfiguredProcess',
      'ContainerImageDefinition',
      'DismissedJob',
      'ExactNumber',
      'Execution',
      'ExpandedProcess',
      'Finding',
      'GenericImageDefinition',
      'GenericImageProcessor',
      'HelloWorldDefinition',
      'HelloWorldK8sProcessor',
      'InputDescription',
      'Inspection',
      'InvalidRequestError',
      'JobControlOption',
      'JobNotes',
      'JsonSchema',
      'Link',
      'MadeResult',
      'MadeResults',
      'MainContainer',
      'NotebookDefinition',
      'OutputDescription',
      'PapermillContainerImageProcessor',
      'PapermillNotebookProcessor',
      'ParseJsonOptions',
      'PodDefinition',
      'PrintedResult',
      'ProcessDescription',
      'ProcessesServerAsyncOptions',
      'ProcessesServerModule',
      'ProcessesServerOptions',
      'Processor',
      'ProcessorDefinition',
      'ProcessorInterface',
      'ProcessorResult',
      'RequestFault',
      'SecretName',
      'TransmissionMode',
      'UnauthorizedError',
      'UnavailableError',
      'createServer',
      'describeFromMetadata',
      'escapeReferences',
      'listen',
      'makePodSpec',
      'parseJson',
    ]);
    const undocumented = exported.filter((one) => one.getDocumentationComment(checker).length === 0);
    expect(undocumented.map(({ name }) => name)).toEqual([]);
  });

  it('lets nobody import its insides', async () => {
    const script = join(folder, 'inside.mjs');
    await writeFile(script, "await import('ogc-processes-k8s/dist/app.js');\n");
    await expect(Child.start(script, [], {}, /never/)).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('has types that tell a wrong processor', async () => {
    await writeFile(
      join(folder, 'wrong.mts'),
      `import { type ProcessorInterface, type ConfiguredProcess } from 'ogc-processes-k8s';
export class Wrong implements ProcessorInterface {
  readonly mainContainerName = 'main';
  describe({ id }: ConfiguredProcess) {
    return { id };
  }
  makePodSpec() {
    return { containers: [{ name: 5 }] };
  }
}
`,
    );
    const output = await compile(folder, [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      'wrong.mts',
    ]);
    expect(output).toContain("Property 'describe' in type 'Wrong' is not assignable");
    expect(output).toContain("Property 'makePodSpec' in type 'Wrong' is not assignable");
    expect(output.match(/error TS/g)).toHaveLength(2);
  });
});

describe('an application of its own that imports the module', () => {
  it('compiles against the types, and serves its processor beside its own routes', async () => {
    const place = join(folder, 'application');
    await cp(join(projectFolder, 'examples/custom-processor-own-application'), place, {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist)$/.test(path),
    });
    expect(await compile(place, ['-p', 'tsconfig.json'])).toBe('');
    expect(await readdir(join(place, 'dist'))).toContain('main.js');
    const [cluster, store] = await Promise.all([TestCluster.start(), startTestStore()]);
    const { child, match } = await Child.start(
      join(place, 'dist/main.js'),
      [],
      {
        PYGEOAPI_CONFIG: join(place, 'config.yaml'),
        PORT: '0',
        K8S_CLUSTER: 'kubeconfig',
        KUBECONFIG: cluster.kubeconfig,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: cluster.namespace,
        OBJECT_STORE: store.args[1] ?? '',
        ...store.environment,
      },
      /^listening on (http:\/\/\S+)$/m,
    );
    try {
      const locate = (name: string) =>
        fetch(`${match[1]}/processes/locate/execution`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ inputs: { place: name } }),
        });
      const response = await locate('Quito');
      expect(await response.json()).toEqual({ type: 'Point', coordinates: [-78.51, -0.22] });
      expect(response.headers.get('content-type')).toBe('application/geo+json');
      expect(await (await locate('Atlantis')).json()).toMatchObject({
        status: 400,
        errors: [{ pointer: '/inputs/place', message: 'must be one of dresden, quito' }],
      });
      expect(await (await fetch(`${match[1]}/places`)).json()).toEqual(['dresden', 'quito']);
      const landing = await fetch(`${match[1]}/?f=json`, { headers: { accept: 'application/json' } });
      expect(landing.headers.get('content-security-policy')).toContain("default-src 'self'");
      const { paths } = (await (await fetch(`${match[1]}/openapi`)).json()) as { paths: object };
      expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/places', '/processes/locate/execution']));
    } finally {
      await child.end();
      await cluster.stop();
      await store.remove();
    }
  });
});
