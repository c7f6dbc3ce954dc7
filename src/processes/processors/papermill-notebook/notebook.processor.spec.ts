import { beforeAll, describe, expect, it, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1PodSpec } from '@kubernetes/client-node';
import { Configuration } from '../../../config/configuration.js';
import { loadConfiguration } from '../../../config/load-configuration.js';
import { parseJson } from '../../../json/parse-json.js';
import { ProcessRegistry } from '../../registry/process-registry.js';
import { SchemaCompiler } from '../../schema/schema-compiler.js';
import { PapermillContainerImageProcessor } from './container-image.processor.js';
import { PapermillNotebookProcessor } from './notebook.processor.js';
import { clusterWith } from '../../testing/cluster-view.js';

const predecessor = join(import.meta.dirname, '../../../../test/fixtures/predecessor/papermill.yaml');
const argo = join(import.meta.dirname, '../../../../test/fixtures/predecessor/papermill-argo.yaml');
const jobId = '01a1fda5-afc5-7110-ade8-b62a950f161f';

/** What is in the namespace of every test, though only `auto_mount_secrets` asks for it. */
const usersSecrets = {
  'eurodatacube-default': {},
  'eurodatacube-u1-default': {},
  custom: { owner: 'edc-my-credentials' },
  unrelated: { owner: 'somebody' },
  'my-eurodatacube-default': {},
  'eurodatacube-default-2': {},
};

/** The processes of a configuration as the server builds them at start, and what it warns of. */
async function build(content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'papermill-'));
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  try {
    writeFileSync(join(folder, 'c.yml'), content);
    const { configuration, warnings } = loadConfiguration({
      environment: { PYGEOAPI_CONFIG: 'c.yml' },
      workingDirectory: folder,
    });
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ProcessRegistry,
        PapermillNotebookProcessor,
        PapermillContainerImageProcessor,
        { provide: Configuration, useValue: configuration },
      ],
    }).compile();
    await module.init();
    const said = warn.mock.calls.map(([message]) => message as string);
    return { registry: module.get(ProcessRegistry), warnings: [...warnings, ...said] };
  } finally {
    warn.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
}

const withKeys = (keys: string) =>
  build(`
server:
  manager: { name: pygeoapi_kubernetes_papermill.KubernetesManager, finalizer_controller: true }
resources:
  n:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: example
      ${keys.includes('output_directory') ? '' : 'output_directory: /home/jovyan/jobs'}
      check_auth: false
${keys.replaceAll(/^/gm, '      ')}
`);
const podOf = (registry: ProcessRegistry, id: string, inputs: object) =>
  registry.get(id).makePodSpec({ jobId, inputs: { ...inputs } }, clusterWith(usersSecrets));
const podWith = async (keys: string, inputs: object = { notebook: 'x.ipynb' }): Promise<V1PodSpec> =>
  podOf((await withKeys(keys)).registry, 'n', inputs);
const mainOf = (pod: V1PodSpec) => pod.containers[0];
const variable = (pod: V1PodSpec, name: string) => mainOf(pod)?.env?.find((entry) => entry.name === name)?.value;
const settings = (pod: V1PodSpec) =>
  JSON.parse((variable(pod, 'NOTEBOOK_SETTINGS') ?? '').replaceAll('$$', '$')) as Record<string, unknown>;

describe('the configuration of the predecessor', () => {
  let registry: ProcessRegistry;
  let warnings: string[];
  beforeAll(async () => ({ registry, warnings } = await build(readFileSync(predecessor, 'utf8'))));

  it('loads unchanged; only that no token is asked for is warned of', () => {
    expect(registry.list().map(({ id, requiresToken }) => [id, requiresToken])).toEqual([
      ['execute-notebook', false],
      ['execute-notebook-plain', false],
      ['execute-image', false],
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Process execute-notebook asks for no token/),
      expect.stringMatching(/^Process execute-notebook-plain asks for no token/),
      expect.stringMatching(/^Process execute-image asks for no token/),
    ]);
  });

  it('describes every input with a schema', () => {
    const { inputs, outputs, jobControlOptions } = registry.get('execute-notebook').description;
    expect(
      Object.entries(inputs).map(([id, { schema, minOccurs }]) => [id, (schema as { type: unknown }).type, minOccurs]),
    ).toEqual([
      ['notebook', 'string', 1],
      ['parameters_json', 'object', 0],
      ['parameters', 'string', 0],
      ['kernel', 'string', 0],
      ['image', 'string', 0],
      ['output_dirname', 'string', 0],
      ['output_filename', 'string', 0],
      ['git_revision', 'string', 0],
      ['cpu_limit', ['string', 'number'], 0],
      ['mem_limit', ['string', 'number'], 0],
      ['cpu_requests', ['string', 'number'], 0],
      ['mem_requests', ['string', 'number'], 0],
      ['result_data_directory', 'string', 0],
      ['run_on_fargate', 'boolean', 0],
      ['node_purpose', 'string', 0],
    ]);
    expect(outputs).toEqual({});
    expect(jobControlOptions).toEqual(['async-execute', 'dismiss']);
  });

  it('makes the whole pod of a notebook', async () => {
    const pod = await podOf(registry, 'execute-notebook', { notebook: 'a/b.ipynb', parameters_json: { x: 1 } });
    const output =
      '/home/jovian/my-jobs/2026-11-21/b_result_20261121-102736-517000_01a1fda5-afc5-7110-ade8-b62a950f161f.ipynb';
    expect(pod).toEqual({
      restartPolicy: 'Never',
      enableServiceLinks: false,
      imagePullSecrets: [{ name: 'my-pull-secret' }],
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        { key: 'hub.jupyter.org/dedicated', operator: 'Exists', effect: 'NoSchedule' },
      ],
      volumes: [
        { name: 'home', persistentVolumeClaim: { claimName: 'user-foo' } },
        { name: 'extra-0', persistentVolumeClaim: { claimName: 'more-data' } },
        { name: 'secret-0', secret: { secretName: 's3-access-credentials' } },
        { name: 'secret-1', secret: { secretName: 'db' } },
        { name: 'git', emptyDir: {} },
        { name: 's3-user-bucket', emptyDir: {} },
      ],
      initContainers: [
        expect.objectContaining({ name: 'git' }),
        expect.objectContaining({ name: 's3mounter', restartPolicy: 'Always' }),
      ],
      containers: [
        {
          name: 'notebook',
          image: 'docker/example-image:1-2-3',
          command: ['bash', '-i', '-c', 'exec python3 -c "$$NOTEBOOK_RUNNER" "$$@"', 'run-notebook'],
          args: [
            ...['papermill', '/home/jovyan/a/b.ipynb', output, '--engine', 'kubernetes_job_progress'],
            ...['--request-save-on-cell-execute', '--autosave-cell-every', '60', '--progress-bar'],
            ...['--cwd', '/home/jovyan/a', '-b', Buffer.from('{? "x" : 1}').toString('base64')],
          ],
          workingDir: '/home/jovyan',
          env: [
            { name: 'JUPYTER_IMAGE', value: 'docker/example-image:1-2-3' },
            { name: 'JOB_NAME', value: `pygeoapi-job-${jobId}` },
            { name: 'PROGRESS_ANNOTATION', value: 'pygeoapi.io/progress' },
            { name: 'HOME', value: '/home/jovyan' },
            { name: 'NOTEBOOK_RUNNER', value: expect.stringContaining('def main(command):') },
            { name: 'NOTEBOOK_PAPERMILL', value: expect.stringContaining('from papermill.cli import') },
            { name: 'NOTEBOOK_SETTINGS', value: expect.any(String) },
          ],
          envFrom: [{ secretRef: { name: 'redis' } }],
          volumeMounts: [
            { name: 'home', mountPath: '/home/jovyan' },
            { name: 'extra-0', mountPath: '/home/jovyan/more-data' },
            { name: 'secret-0', mountPath: '/secret/s3-access-credentials' },
            { name: 'secret-1', mountPath: '/secret/db' },
            { name: 'git', mountPath: '/home/jovyan/git' },
            { name: 's3-user-bucket', mountPath: '/home/jovyan/s3', mountPropagation: 'HostToContainer' },
          ],
        },
      ],
    });
    expect(settings(pod)).toEqual({
      home: '/home/jovyan',
      notebook: '/home/jovyan/a/b.ipynb',
      output,
      mount: { path: '/home/jovyan/s3', bucket: 'my-s3-bucket', seconds: 60 },
      notebookOutput: true,
    });
  });

  it('gives each run a folder where results_in_output_dir is set, and its path in RESULTS_DIRECTORY', async () => {
    const pod = await podOf(registry, 'execute-notebook-plain', { notebook: 'b.ipynb' });
    const folder = `/home/jovyan/tmp/2026-11-21/20261121-102736-517000-b_${jobId}`;
    expect(variable(pod, 'RESULTS_DIRECTORY')).toBe(folder);
    expect(mainOf(pod)?.args?.[2]).toBe(`${folder}/b_result.ipynb`);
  });

  it('makes the whole pod of a container image', async () => {
    const pod = await podOf(registry, 'execute-image', {
      parameters_env: { MODE: 'mine', TITLE: '$(id)', N: 3 },
      cpu_limit: '1',
      result_data_directory: 'runs/{job_name}',
      node_purpose: 'gpu-2',
    });
    const main = mainOf(pod);
    expect(pod).toEqual({
      restartPolicy: 'Never',
      enableServiceLinks: false,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'hub.example.com/node-purpose', operator: 'In', values: ['gpu-2'] }] },
            ],
          },
        },
      },
      tolerations: [{ key: 'hub.example.com/processing', operator: 'Exists', effect: 'NoSchedule' }],
      volumes: [
        { name: 'results', persistentVolumeClaim: { claimName: 'full-results' } },
        { name: 's3-user-bucket', emptyDir: {} },
      ],
      initContainers: [expect.objectContaining({ name: 's3mounter' })],
      containers: [
        {
          name: 'notebook',
          image: 'example',
          command: [
            'bash',
            '-c',
            'exec bash -i -c "$$0" run-image "$$@" 2>&1',
            expect.stringMatching(/\npython3 \/app\/run.py --mode fast$/),
          ],
          args: ['/s3', '60', `/full-results-pvc/runs/pygeoapi-job-${jobId}`],
          env: [
            { name: 'MODE', value: 'production' },
            { name: 'TITLE', value: '$$(id)' },
            { name: 'N', value: '3' },
          ],
          resources: { limits: { cpu: '1' } },
          volumeMounts: [
            { name: 'results', mountPath: '/full-results-pvc' },
            { name: 's3-user-bucket', mountPath: '/s3', mountPropagation: 'HostToContainer' },
          ],
        },
      ],
    });
    expect(main?.command?.[3]).not.toContain('runs');
    expect(main?.command?.[3]).toContain(' /output-byoa || exit');
  });

  it('takes no variables of an image that its shell would run, nor what is none, however the input is described', async () => {
    const own = ({ inputs }: { inputs: string }) =>
      build(`
resources:
  image:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.ContainerImageKubernetesProcessor
      default_image: example
      command: run
      check_auth: false
      inputs: ${inputs}
`);
    const wrong = { BASH_ENV: '$(id)', SHELLOPTS: 'xtrace', PYGEOAPI_JOB_ID: 'x', 'A=B': 'x', value: { NAME: 'x' } };
    for (const inputs of ['{}', '{ parameters_env: { schema: { type: object }, minOccurs: 0 } }']) {
      const { registry } = await own({ inputs });
      await expect(podOf(registry, 'image', { parameters_env: { ...wrong, ENV: 'test', N: 3 } })).rejects.toMatchObject(
        {
          faults: Object.keys(wrong).map((name) => ({
            pointer: `/inputs/parameters_env/${name}`,
            message: expect.any(String),
          })),
        },
      );
    }
    const { faults } = (await own({ inputs: '{}' })).registry
      .get('image')
      .validateInputs({ parameters_env: { BASH_ENV: '$(id)' } });
    expect(faults).toEqual([{ pointer: '/inputs/parameters_env', message: expect.stringContaining('BASH_ENV') }]);
  });

  it('describes an image by id, title, version and inputs of its section, and takes the inputs of the pod besides', async () => {
    const { registry, warnings } = await build(readFileSync(argo, 'utf8'));
    const greet = registry.get('greet');
    expect(greet.description).toMatchObject({ id: 'greet', title: 'Greet somebody', version: '2.1.0' });
    expect(greet.description.inputs).toEqual({
      parameters_env: {
        title: 'Whom to greet',
        schema: { type: 'object', required: ['NAME'], properties: { NAME: { type: 'string' } } },
        minOccurs: 1,
        maxOccurs: 1,
      },
    });
    expect(warnings.filter((warning) => warning.includes('greet'))).toEqual([
      'Process greet asks for no token, as with the predecessor. Set check_auth to true or false.',
    ]);
    const faultsOf = (inputs: object) =>
      greet.validateInputs(inputs as Record<string, unknown>).faults.map(({ pointer }) => pointer);
    expect(faultsOf({})).toEqual(['/inputs/parameters_env']);
    expect(faultsOf({ parameters_env: { NAME: 'x' }, cpu_limit: '1' })).toEqual([]);
    expect(faultsOf({ parameters_env: { NAME: 'x' }, cpu_limit: 'lots', other: 1 })).toEqual([
      '/inputs/other',
      '/inputs/cpu_limit',
    ]);
    const pod = await podOf(registry, 'greet', { parameters_env: { NAME: 'x' }, cpu_limit: '1' });
    expect(mainOf(pod)).toMatchObject({ env: [{ name: 'NAME', value: 'x' }], resources: { limits: { cpu: '1' } } });
  });

  it('tells faults of such a description where they stand, and lets metadata stand over it', async () => {
    const image = (keys: string) =>
      build(`resources: { i: { type: process, processor: {
        name: pygeoapi_kubernetes_papermill.ContainerImageKubernetesProcessor, default_image: a, command: b, ${keys} } } }`);
    await expect(image('inputs: { a: { title: A }, b: { schema: { type: wrong } } }')).rejects.toMatchObject({
      faults: [
        { path: 'resources.i.processor.inputs.a.schema', message: 'is missing; it is required' },
        { path: 'resources.i.processor.inputs.b.schema', message: expect.stringContaining('must be a JSON Schema') },
      ],
    });
    const { registry } = await image('version: 0.1, title: "", inputs: [], metadata: { title: { de: Bild } }');
    expect(registry.get('i').description).toMatchObject({ version: '0.1', title: { de: 'Bild' } });
    expect(registry.get('i').description.inputs).toHaveProperty('cpu_limit');
  });

  it('offers asynchronous execution and dismissal, and waits where it is asked to, unless the metadata says how it executes', async () => {
    const options = ['execute-notebook', 'execute-image'].map((id) => [
      registry.get(id).description.jobControlOptions,
      registry.get(id).waitsWhereAsked,
    ]);
    expect(options).toEqual([
      [['async-execute', 'dismiss'], true],
      [['async-execute', 'dismiss'], true],
    ]);
    const own = (await withKeys('metadata: { jobControlOptions: [async-execute] }')).registry.get('n');
    expect([own.description.jobControlOptions, own.waitsWhereAsked]).toEqual([['async-execute'], false]);
  });
});

describe('keys of the definition', () => {
  it('choose service account, user, resources, kernels, log output and outputs', async () => {
    const pod = await podWith(
      `job_service_account: notebooks
run_as_user: 1000
run_as_group: 100
extra_resource_limits: { nvidia.com/gpu: 1 }
extra_resource_requests: { memory: 1Gi }
conda_store_groups: [one]
log_output: true
notebook_output: false
default_node_purpose: small
node_purpose_label_key: purpose
metadata: { outputs: { plot: { schema: { type: string, contentMediaType: image/png } } } }`,
    );
    expect(pod.serviceAccountName).toBe('notebooks');
    expect(pod.securityContext).toEqual({
      seccompProfile: { type: 'RuntimeDefault' },
      runAsUser: 1000,
      runAsGroup: 100,
    });
    expect(mainOf(pod)?.resources).toEqual({ limits: { 'nvidia.com/gpu': '1' }, requests: { memory: '1Gi' } });
    expect(mainOf(pod)?.args).toContain('--log-output');
    expect(mainOf(pod)?.volumeMounts).toEqual([
      { name: 'conda-store', mountPath: '/home/conda/one', subPath: 'one', readOnly: true },
    ]);
    expect(JSON.stringify(pod.affinity)).toContain('"values":["small"]');
    expect(settings(pod)).toMatchObject({ condaStoreGroups: ['one'], notebookOutput: false, outputs: ['plot'] });
  });

  it('that name one claim several times make one volume of it', async () => {
    const pod = await podWith(`home_volume_claim_name: user
extra_pvcs:
  - { claim_name: user, mount_path: /data, sub_path: data }
  - { claim_name: other, mount_path: /other }
extra_volumes:
  - { name: mine, persistentVolumeClaim: { claimName: other } }
  - { name: guarded, persistentVolumeClaim: { claimName: other, readOnly: true } }
extra_volume_mounts:
  - { name: mine, mountPath: /mine }
  - { name: guarded, mountPath: /guarded }`);
    expect(pod.volumes).toEqual([
      { name: 'home', persistentVolumeClaim: { claimName: 'user' } },
      { name: 'extra-1', persistentVolumeClaim: { claimName: 'other' } },
      { name: 'guarded', persistentVolumeClaim: { claimName: 'other', readOnly: true } },
    ]);
    expect(mainOf(pod)?.volumeMounts).toEqual([
      { name: 'home', mountPath: '/home/jovyan' },
      { name: 'home', mountPath: '/data', subPath: 'data' },
      { name: 'extra-1', mountPath: '/other' },
      { name: 'extra-1', mountPath: '/mine' },
      { name: 'guarded', mountPath: '/guarded' },
    ]);
  });

  test.each(['eurodatacube/jupyter-user:1', 'eurodatacube/jupyter-user-g:1', 'other/image:1'])(
    'the kernel is the notebook’s own in image %s, unless the request names one',
    async (image) => {
      const argsOf = async (kernel: object) =>
        mainOf(await podWith(`allowed_images_regex: '.*'`, { notebook: 'x', image, ...kernel }))?.args ?? [];
      expect(await argsOf({})).not.toContain('-k');
      const args = await argsOf({ kernel: 'edc-gpu' });
      expect(args[args.indexOf('-k') + 1]).toBe('edc-gpu');
    },
  );

  it('check_auth makes executing ask for the token', async () => {
    const { registry, warnings } = await withKeys('active_deadline_seconds: 5');
    expect(registry.get('n').requiresToken).toBe(false);
    expect(warnings).toEqual([]);
    const content = readFileSync(predecessor, 'utf8').replaceAll('log_output', 'check_auth: true\n      log_output');
    expect((await build(content)).registry.get('execute-notebook').requiresToken).toBe(true);
  });

  it('auto_mount_secrets makes environment variables of the secrets that JupyterLab gives its users', async () => {
    const secrets = (names: readonly string[]) => names.map((name) => ({ secretRef: { name } }));
    const { registry, warnings } = await withKeys(`auto_mount_secrets: true
secrets: [{ name: db, access: env }, { name: eurodatacube-default }, { name: custom, access: env }]`);
    expect([registry.get('n').listsSecrets, warnings]).toEqual([true, []]);
    const main = mainOf(await podOf(registry, 'n', { notebook: 'x.ipynb' }));
    expect(main?.envFrom).toEqual(secrets(['db', 'custom', 'eurodatacube-default', 'eurodatacube-u1-default']));
    expect(main?.volumeMounts).toEqual([{ name: 'secret-1', mountPath: '/secret/eurodatacube-default' }]);
    const plain = await withKeys('auto_mount_secrets: false');
    expect(plain.registry.get('n').listsSecrets).toBe(false);
    expect(mainOf(await podOf(plain.registry, 'n', { notebook: 'x.ipynb' }))?.envFrom).toBeUndefined();
  });

  it('notebook makes a process of one notebook, whose parameters are its inputs', async () => {
    const keys = `notebook: lib/plot.ipynb
metadata: { inputs: { title: { schema: { type: string } } } }`;
    const { registry } = await withKeys(keys);
    expect(Object.keys(registry.get('n').description.inputs)).toEqual(['title']);
    const args = mainOf(await podOf(registry, 'n', { title: '' }))?.args ?? [];
    expect(args[1]).toBe('/home/jovyan/lib/plot.ipynb');
    expect(Buffer.from(args.at(-1) ?? '', 'base64').toString()).toBe('{? "title" : ""}');
    const faults = registry.get('n').validateInputs({ title: 'x', notebook: 'y.ipynb' }).faults;
    expect(faults).toEqual([{ pointer: '/inputs/notebook', message: expect.stringContaining('is no input') }]);
  });

  it('notebook gives a parameter that is a number as a float', async () => {
    const keys = `notebook: plot.ipynb
metadata: { inputs: { scale: { schema: { type: number } }, n: { schema: { type: integer } } } }`;
    const args = mainOf(await podWith(keys, { scale: 2, n: 2 }))?.args ?? [];
    expect(Buffer.from(args.at(-1) ?? '', 'base64').toString()).toBe('{? "scale" : 2.0, ? "n" : 2}');
  });

  test.each([
    ['allowed_images_regex: "("', 'allowed_images_regex: must be a regular expression, in the syntax of JavaScript'],
    ['output_directory: jobs/../..', 'output_directory: must be an absolute path without ".." and ":"'],
    ['notebook: ../x.ipynb', 'notebook: must be a path without ".."'],
    ['run_as_user: 5\npod_security_context: {}', 'run_as_user: must not stand beside pod_security_context'],
    [
      'extra_volume_mounts: [{ name: x, mountPath: /x }]',
      'extra_volume_mounts: must be a list of Kubernetes volume mounts',
    ],
    ['extra_volumes: [{ emptyDir: {} }]', 'extra_volumes: must be a list of Kubernetes volumes, each with a name'],
    ['secrets: [{ name: s, access: file }]', 'secrets[0].access: must be one of'],
    [
      'checkout_git_repo: { url: "https://u:p@h/r" }',
      'checkout_git_repo.url: must be an http:// or https:// address without user',
    ],
    ['s3: { bucket_name: b, secret_name: s, program: goofys }', 's3.program: must be one of'],
    ['conda_store_groups: ["../x"]', 'conda_store_groups: each value must be the name of a group'],
    ['extra_resource_limits: { cpu: lots }', 'extra_resource_limits: must map resources to Kubernetes quantities'],
  ])('that are wrong stop the start: %s', async (keys, fault) => {
    const error = await withKeys(keys).catch((failure: unknown) => failure);
    expect(String(error)).toContain(`resources.n.processor.${fault}`);
  });
});

describe('what finds out about notebooks', () => {
  const notebooks = 'notebooks: [{ path: a.ipynb }, { glob: "b/*.ipynb" }]';
  const inspection = async (keys: string) => {
    const { registry } = await withKeys(keys);
    const [entry] = registry.inspectedEntries();
    const found = await entry?.inspection();
    if (!found) throw new Error('nothing is inspected');
    return found;
  };

  it('is a pod with what leads to them, but neither with their secrets nor as their service account', async () => {
    const { podSpec } = await inspection(`${notebooks}
image_pull_secret: registry
home_volume_claim_name: user
secrets: [{ name: db }, { name: redis, access: env }]
auto_mount_secrets: true
job_service_account: notebooks
run_as_user: 1000
conda_store_groups: [one]
extra_resource_requests: { memory: 1Gi }
s3: { bucket_name: data, secret_name: credentials, mount_timeout_seconds: 7 }
checkout_git_repo: { url: https://git.example.com/r.git, revision: v2 }`);
    expect(podSpec).toEqual({
      restartPolicy: 'Never',
      enableServiceLinks: false,
      imagePullSecrets: [{ name: 'registry' }],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 1000 },
      tolerations: expect.any(Array),
      volumes: [
        { name: 'home', persistentVolumeClaim: { claimName: 'user' } },
        { name: 'git', emptyDir: {} },
        { name: 's3-user-bucket', emptyDir: {} },
      ],
      initContainers: [
        expect.objectContaining({
          name: 'git',
          args: ['https://git.example.com/r.git', '/home/jovyan/git/algorithm', 'v2'],
        }),
        expect.objectContaining({ name: 's3mounter', restartPolicy: 'Always' }),
      ],
      containers: [
        {
          name: 'notebook',
          image: 'example',
          command: ['bash', '-i', '-c', 'exec python3 -c "$$NOTEBOOK_RUNNER" "$$@"', 'run-notebook'],
          workingDir: '/home/jovyan',
          env: [
            { name: 'HOME', value: '/home/jovyan' },
            { name: 'NOTEBOOK_RUNNER', value: expect.stringContaining('def main(command):') },
            { name: 'NOTEBOOK_INSPECTOR', value: expect.stringContaining('import papermill') },
            { name: 'NOTEBOOK_SETTINGS', value: expect.any(String) },
          ],
          resources: { requests: { memory: '1Gi' } },
          volumeMounts: [
            { name: 'home', mountPath: '/home/jovyan' },
            { name: 'git', mountPath: '/home/jovyan/git' },
            { name: 's3-user-bucket', mountPath: '/home/jovyan/s3', mountPropagation: 'HostToContainer' },
          ],
        },
      ],
    });
    expect(settings(podSpec)).toEqual({
      home: '/home/jovyan',
      inspect: [{ path: 'a.ipynb' }, { glob: 'b/*.ipynb' }],
      mount: { path: '/home/jovyan/s3', bucket: 'data', seconds: 7 },
    });
  });

  it('makes processes anew with what nothing else holds, so that those before can go', async () => {
    const { registry } = await withKeys('notebook: x.ipynb');
    const compile = jest.spyOn(SchemaCompiler.prototype, 'compile');
    try {
      const compilersOf = (name: string) => {
        compile.mockClear();
        const parameters = [{ name, type: 'int', help: '', source: '1', default: 1 }];
        const value = { notebooks: [{ entry: 0, path: '/home/jovyan/x.ipynb', parameters }], problems: [] };
        expect(registry.take(registry.inspectedEntries()[0]!, { state: 'found', value })).toEqual([]);
        expect(registry.get('n').description.inputs).toHaveProperty(name);
        return compile.mock.contexts;
      };
      const first = compilersOf('a');
      const second = compilersOf('b');
      expect([first.length > 0, second.some((compiler) => first.includes(compiler))]).toEqual([true, false]);
    } finally {
      compile.mockRestore();
    }
  });

  it('is run again, and has the time, that the definition says', async () => {
    const plain = await inspection(notebooks);
    expect([plain.refreshSeconds, plain.deadlineSeconds]).toEqual([undefined, 600]);
    const keys = `${notebooks}\ninspection_refresh_seconds: 3600\ninspection_deadline_seconds: 60`;
    expect(await inspection(keys)).toMatchObject({ refreshSeconds: 3600, deadlineSeconds: 60 });
  });
});

describe('inputs', () => {
  const hostile = [
    '"; touch x; "',
    "'; exit 1 #",
    '$(touch x)',
    '$(HOME)',
    '`id`',
    'two\nlines',
    '${HOME}',
    '-x',
    'ä 世',
  ];

  test.each(hostile)('%j as notebook and parameter reach papermill as they are, and no shell', async (text) => {
    const pod = await podWith('', { notebook: text, parameters_json: { name: text }, output_filename: text });
    const plain = await podWith('');
    expect(mainOf(pod)?.command).toEqual(mainOf(plain)?.command);
    const expanded = (mainOf(pod)?.args ?? []).map((argument) => argument.replaceAll('$$', '$'));
    expect(expanded[1]).toBe(`/home/jovyan/${text}`.replaceAll('{', '{{').replaceAll('}', '}}'));
    expect(expanded[2]).toBe(`/home/jovyan/jobs/2026-11-21/${text}`.replaceAll('{', '{{').replaceAll('}', '}}'));
    expect(settings(pod)).toMatchObject({ notebook: `/home/jovyan/${text}` });
    for (const { value } of mainOf(pod)?.env ?? []) expect(value?.replaceAll('$$', '')).not.toContain('$');
  });

  it('are taken from what the definition allows', async () => {
    const keys = `allowed_images_regex: 'my/.*:1\\..*'
allowed_node_purposes_regex: gpu|cpu
node_purpose_label_key: purpose
allow_fargate: true
checkout_git_repo: { url: https://git.example.com/r.git }`;
    const pod = await podWith(keys, {
      notebook: { value: 'x.ipynb', mediaType: 'text/plain' },
      image: 'my/image:1.2',
      node_purpose: 'gpu',
      git_revision: 'feature/x~1',
      kernel: 'ir',
      output_dirname: 'mine',
      output_filename: 'out.ipynb',
      result_data_directory: 's3/{job_name}',
      mem_limit: '2Gi',
      parameters: ' ' + Buffer.from('a: 3').toString('base64'),
    });
    expect(mainOf(pod)?.image).toBe('my/image:1.2');
    expect(variable(pod, 'JUPYTER_IMAGE')).toBe('my/image:1.2');
    expect(mainOf(pod)?.resources).toEqual({ limits: { memory: '2Gi' } });
    expect(mainOf(pod)?.args?.slice(2, 3)).toEqual(['/home/jovyan/jobs/2026-11-21/mine/out.ipynb']);
    expect(mainOf(pod)?.args?.slice(-4)).toEqual(['-k', 'ir', '-b', Buffer.from('a: 3').toString('base64')]);
    expect(pod.initContainers?.[0]?.args?.[2]).toBe('feature/x~1');
    expect(settings(pod)).toMatchObject({
      resultData: { folder: `/home/jovyan/s3/pygeoapi-job-${jobId}`, link: '/home/jovyan/result-data' },
    });
  });

  it('parameters_json stands over parameters', async () => {
    const inputs = { notebook: 'x', parameters: Buffer.from('a: 3').toString('base64'), parameters_json: { a: 4 } };
    const args = mainOf(await podWith('', inputs))?.args ?? [];
    expect(Buffer.from(args.at(-1) ?? '', 'base64').toString()).toBe('{? "a" : 4}');
  });

  test.each([
    [{ notebook: '../../etc/x.ipynb' }, 'notebook'],
    [{ image: 'other/image:1' }, 'image'],
    [{ node_purpose: 'gpu' }, 'node_purpose'],
    [{ run_on_fargate: true }, 'run_on_fargate'],
    [{ git_revision: 'main' }, 'git_revision'],
    [{ output_dirname: 'a/..' }, 'output_dirname'],
    [{ output_filename: '/' }, 'output_filename'],
    [{ result_data_directory: '../x' }, 'result_data_directory'],
    [{ result_data_directory: '/etc' }, 'result_data_directory'],
    [{ parameters: Buffer.from('[1]').toString('base64') }, 'parameters'],
  ])('%j are refused with the place of the fault', async (inputs, id) => {
    const { registry } = await withKeys('');
    const given = { notebook: 'x.ipynb', ...inputs };
    expect(registry.get('n').validateInputs(given).faults).toEqual([]);
    await expect(podOf(registry, 'n', given)).rejects.toMatchObject({
      faults: [{ pointer: `/inputs/${id}`, message: expect.any(String) }],
    });
  });

  it('an image of more characters than a reference can have is compared with no expression', async () => {
    const { registry } = await withKeys("allowed_images_regex: '.*'");
    const inputs = { notebook: 'x.ipynb', image: 'a'.repeat(513) };
    expect(registry.get('n').validateInputs(inputs).faults).toEqual([
      { pointer: '/inputs/image', message: expect.stringContaining('512') },
    ]);
  });

  it('a file name is claimed for the job, unless it stands in a folder of its own', async () => {
    const inputs = { notebook: 'x.ipynb', output_filename: 'mine.ipynb' };
    const claim = async (keys: string, given = inputs) => settings(await podWith(keys, given))['claim'];
    expect(await claim('')).toEqual({ job: `pygeoapi-job-${jobId}`, repeats: false });
    expect(await claim('retries: 2')).toMatchObject({ repeats: true });
    expect(await claim('queue_name: batch')).toMatchObject({ repeats: true });
    expect(await claim('results_in_output_dir: true')).toBeUndefined();
    expect(await claim('', { notebook: 'x.ipynb', output_filename: '' })).toBeUndefined();
  });

  it('parameters of base64 for addresses reach papermill as base64 that Python reads', async () => {
    const encoded = Buffer.from('a: "ÿÿÿ>>>"').toString('base64url');
    expect(encoded).toMatch(/[-_]/);
    const args = mainOf(await podWith('', { notebook: 'x', parameters: encoded }))?.args ?? [];
    expect(args.at(-1)).toBe(Buffer.from('a: "ÿÿÿ>>>"').toString('base64'));
  });

  it('parameters_json that do not fit one argument are refused', async () => {
    const { registry } = await withKeys('');
    const given = { notebook: 'x.ipynb', parameters_json: { long: 'x'.repeat(100_000) } };
    await expect(podOf(registry, 'n', given)).rejects.toMatchObject({
      faults: [{ pointer: '/inputs/parameters_json', message: expect.stringContaining('at most 131071 bytes') }],
    });
  });

  it('names of parameters that papermill would write into the notebook as more than a name are refused', async () => {
    const { registry } = await withKeys('');
    const names = { _ok: 1, größe2: 2, 'data.frame': 3, 'x = 1; y': 4, 'a b': 5, '2nd': 6, 'line\nbreak': 7, '': 8 };
    await expect(podOf(registry, 'n', { notebook: 'x.ipynb', parameters_json: names })).rejects.toMatchObject({
      faults: ['x = 1; y', 'a b', '2nd', 'line\nbreak', ''].map((name) => ({
        pointer: `/inputs/parameters_json/${name}`,
        message: 'must be the name of a variable',
      })),
    });
  });

  test.each([
    [{ notebook: '' }, 'notebook'],
    [{ kernel: '-x' }, 'kernel'],
    [{ image: '-x' }, 'image'],
    [{ git_revision: '--upload-pack=x' }, 'git_revision'],
    [{ cpu_limit: 'lots' }, 'cpu_limit'],
    [{ mem_requests: -1 }, 'mem_requests'],
    [{ parameters: '$(id)' }, 'parameters'],
    [{ unknown: 1 }, 'unknown'],
  ])('%j do not fit their schemas', async (inputs, id) => {
    const { registry } = await withKeys('');
    const { faults } = registry.get('n').validateInputs({ notebook: 'x.ipynb', ...inputs });
    expect([...new Set(faults.map(({ pointer }) => pointer))]).toEqual([`/inputs/${id}`]);
  });

  it('may be empty texts, as the predecessor’s clients send them', async () => {
    const pod = await podWith('', {
      notebook: 'x',
      kernel: '',
      image: '',
      parameters: '',
      cpu_limit: '',
      node_purpose: '',
    });
    expect(pod).toEqual(await podWith('', { notebook: 'x' }));
  });
});

describe('numbers of parameters', () => {
  it('reach papermill as they were sent', async () => {
    const { registry } = await withKeys('');
    const inputs = { notebook: 'x.ipynb', parameters_json: parseJson('{"id": 12345678901234567890, "one": 1.0}') };
    const { containers } = await registry.get('n').makePodSpec({ jobId, inputs }, clusterWith());
    const given =
      JSON.stringify(containers)
        .match(/[A-Za-z0-9+/]{40,}={0,2}/g)
        ?.map((text) => atob(text)) ?? [];
    expect(given).toContain('{? "id" : 12345678901234567890, ? "one" : 1.0}');
  });

  it('are refused where Python would make them infinite', async () => {
    const { registry } = await withKeys('');
    const inputs = { notebook: 'x.ipynb', parameters_json: parseJson('{"n": [1e400]}') };
    await expect(registry.get('n').makePodSpec({ jobId, inputs }, clusterWith())).rejects.toMatchObject({
      faults: [{ pointer: '/inputs/parameters_json/n/0', message: expect.stringContaining('Python') }],
    });
  });
});

describe('a notebook that failed', () => {
  test.each([
    [
      'trace\nCell 3 of 4 failed: ValueError: the password is x\nand more',
      'Cell 3 of 4 of the notebook failed: ValueError.',
    ],
    [
      'Cell 1 of 4 failed: A: printed\nCell 2 of 4 failed: KeyError: 1',
      'Cell 2 of 4 of the notebook failed: KeyError.',
    ],
    ['There is no notebook /home/jovyan/x.ipynb.', undefined],
    ['Cell 3 of 4 failed: see <b>below</b>', 'Cell 3 of 4 of the notebook failed.'],
    [
      'Cell 2 of 4 failed: pandas.errors.ParserError: in /secret/x',
      'Cell 2 of 4 of the notebook failed: pandas.errors.ParserError.',
    ],
    ['Cell 2 of 4 failed: exit code 2: ls: /secret: no such file', 'Cell 2 of 4 of the notebook failed: exit code 2.'],
    [
      'Cell 2 of 4 failed: its kernel died: it was ended by SIGKILL; it said last: x',
      'Cell 2 of 4 of the notebook failed: its kernel died.',
    ],
    [
      'Cell 2 of 4 failed: AssertionError (Papermill fails a notebook for this)',
      'Cell 2 of 4 of the notebook failed: AssertionError.',
    ],
    [
      'The cell of the given parameters failed: SyntaxError: x',
      'The cell of the given parameters failed: SyntaxError.',
    ],
    [
      'Papermill failed before the first cell: jupyter_client.kernelspec.NoSuchKernel: No such kernel named x',
      'Papermill failed before the first cell: jupyter_client.kernelspec.NoSuchKernel.',
    ],
    [
      'Papermill failed in the last cell or after it: it said last: x',
      'Papermill failed in the last cell or after it.',
    ],
    [
      'There is a file /home/jovyan/jobs/secret.ipynb already. Nothing was run, so that it is not overwritten.\n',
      'There is a notebook of the name that was asked for (output_filename) already; nothing was run.',
    ],
  ])('names the cell and the kind of its error to everybody, not its text: %j', async (lines, told) => {
    expect((await withKeys('')).registry.get('n').explainFailure(lines)).toBe(told);
  });
});

describe('notes on the job', () => {
  it('say which notebook runs, where its result is, and where JupyterLab shows it', async () => {
    const { registry } = await withKeys('jupyter_base_url: https://example.com/jupyter');
    const name = `x_result_20261121-102736-517000_${jobId}.ipynb`;
    expect(await registry.get('n').notes({ jobId, inputs: { notebook: 'x.ipynb' } })).toEqual({
      messages: {
        'executed-notebook': '/home/jovyan/x.ipynb',
        'result-notebook': `/home/jovyan/jobs/2026-11-21/${name}`,
        'result-link': `https://example.com/jupyter/hub/user-redirect/lab/tree/jobs/2026-11-21/${name}`,
      },
      labels: {},
    });
  });

  it('name the file that the pod writes, also of a job whose id does not say when it was made', async () => {
    const { registry } = await withKeys('');
    const time = new Date('2026-11-21T23:59:59.999Z');
    const execution = { jobId: '5a1fda5a-afc5-8110-ade8-b62a950f161f', inputs: { notebook: 'x.ipynb' }, time };
    const output = `/home/jovyan/jobs/2026-11-21/x_result_20261121-235959-999000_${execution.jobId}.ipynb`;
    const pod = await registry.get('n').makePodSpec(execution, clusterWith({}));
    expect(mainOf(pod)?.args).toContain(output);
    expect((await registry.get('n').notes(execution)).messages).toMatchObject({ 'result-notebook': output });
  });

  it('have the label of Fargate', async () => {
    const keys = 'allow_fargate: true\ndefault_node_purpose: small\nnode_purpose_label_key: purpose';
    const { registry } = await withKeys(keys);
    const inputs = { notebook: 'x.ipynb', run_on_fargate: true };
    expect((await registry.get('n').notes({ jobId, inputs })).labels).toEqual({ runtime: 'fargate' });
    expect((await podOf(registry, 'n', inputs)).affinity).toBeUndefined();
  });
});
