import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import {
  endOfNotebook,
  GIT,
  IMAGE,
  makeSecret,
  NotebookHome,
  notebookOf,
  NotebookRepository,
  resultsOf,
  type Results,
  runNotebook,
  TOOLS,
} from '../support/notebooks.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

let cluster: TestCluster;
let bed: TestBed;
let home: NotebookHome;
let git: NotebookRepository;
/** A folder that this machine, where the server runs, and pods know by the same path. */
let shared: string;

/** Every key of the definition at once, but for those that another suite runs notebooks with (a bucket, a catalogue, JupyterLab). */
const configuration = () => `
server:
  manager: { name: pygeoapi_kubernetes_papermill.KubernetesManager, finalizer_controller: true }
resources:
  everything:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: there-is-none:1
      allowed_images_regex: 'ogc-processes-k8s/papermill:[a-z]+'
      image_pull_secret: registry
      output_directory: /home/jovyan/jobs
      home_volume_claim_name: home
      extra_pvcs: [{ claim_name: home, mount_path: /examples, sub_path: notebooks }]
      extra_volumes: [{ name: scratch, emptyDir: {} }]
      extra_volume_mounts: [{ name: scratch, mountPath: /scratch }]
      secrets: [{ name: files }, { name: variables, access: env }]
      auto_mount_secrets: true
      checkout_git_repo: { url: "${git.url}", secret_name: git, image: "${TOOLS}", revision: main }
      conda_store_groups: []
      default_node_purpose: nowhere
      node_purpose_label_key: kubernetes.io/os
      allowed_node_purposes_regex: linux|nowhere
      tolerations: [{ key: example.com/processing, operator: Exists, effect: NoSchedule }]
      allow_fargate: true
      job_service_account: default
      run_as_user: 1000
      run_as_group: 100
      extra_resource_limits: { ephemeral-storage: 1Gi }
      extra_resource_requests: { ephemeral-storage: 10Mi }
      log_output: true
      check_auth: false
  beside:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: ${IMAGE}
      output_directory: ${shared}/jobs
      extra_pvcs: [{ claim_name: home, mount_path: "${shared}" }]
      check_auth: false
`;

/** Says what it was run with. */
const TELLING = `import grp, json, os, subprocess
import scrapbook as sb
print("said aloud")
names = ["OWN", "USERS", "LABELLED", "JUPYTER_IMAGE", "JOB_NAME", "PROGRESS_ANNOTATION", "HOME"]
sb.glue("environment", {name: os.environ.get(name) for name in names})
sb.glue("user", [os.getuid(), os.getgid()])
sb.glue("secret", open("/secret/files/FILE").read())
sb.glue("places", {
    "cwd": os.getcwd(),
    "examples": sorted(os.listdir("/examples")),
    "result-data": os.path.realpath("/home/jovyan/result-data"),
    "scratch": os.path.ismount("/scratch"),
})
sb.glue("repository", json.load(open("/home/jovyan/git/algorithm/note.ipynb"))["cells"][0]["source"])
sb.glue("parameter", parameter)`;

const suite = onRealCluster ? describe : describe.skip;

suite('the keys and inputs of notebooks, on the real cluster', () => {
  beforeAll(async () => {
    cluster = await TestCluster.start();
    [git, home] = await Promise.all([NotebookRepository.serve(cluster.folder), NotebookHome.make(cluster)]);
    shared = home.folder;
    await mkdir(join(home.folder, 'deep'));
    await writeFile(join(home.folder, 'deep', 'it\'s "telling" $(id).ipynb'), notebookOf([TELLING], 'parameter = 1'));
    await Promise.all([
      makeSecret(cluster, 'git', GIT),
      makeSecret(cluster, 'files', { FILE: 'of a file' }),
      makeSecret(cluster, 'variables', { OWN: 'named' }),
      makeSecret(cluster, 'eurodatacube-x-default', { USERS: 'by name' }),
      makeSecret(cluster, 'mine', { LABELLED: 'by label' }, { owner: 'edc-my-credentials' }),
    ]);
    bed = await TestBed.startProcess({}, { cluster, configuration });
  });

  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await home.remove();
    git.close();
  });

  it('reach the notebook, all at once', async () => {
    const status = await runNotebook(bed, 'everything', {
      notebook: 'deep/it\'s "telling" $(id).ipynb',
      parameters: Buffer.from('parameter: [a, 1.5]').toString('base64'),
      kernel: 'python3',
      image: IMAGE,
      output_dirname: 'ignored/mine',
      output_filename: '../../out $(id).ipynb',
      cpu_limit: '1',
      mem_limit: '1Gi',
      cpu_requests: '10m',
      mem_requests: '64Mi',
      result_data_directory: 'data/of {job_name}',
      git_revision: 'feature/other',
      node_purpose: 'linux',
    });
    const name = `pygeoapi-job-${status.jobID}`;
    const results = await resultsOf(bed, status);
    expect(results).toMatchObject({
      environment: {
        value: {
          OWN: 'named',
          USERS: 'by name',
          LABELLED: 'by label',
          JUPYTER_IMAGE: IMAGE,
          JOB_NAME: name,
          PROGRESS_ANNOTATION: 'pygeoapi.io/progress',
          HOME: '/home/jovyan',
        },
      },
      user: [1000, 100],
      secret: 'of a file',
      places: {
        value: {
          cwd: '/home/jovyan/deep',
          examples: ['fails.ipynb', 'waves.ipynb'],
          'result-data': `/home/jovyan/data/of ${name}`,
          scratch: true,
        },
      },
      repository: expect.stringContaining('from the branch'),
      parameter: ['a', 1.5],
    });
    expect(await bed.log(status.jobID)).toContain('said aloud');
    const day = status.created.slice(0, 10);
    const output = `/home/jovyan/jobs/${day}/mine/out $(id).ipynb`;
    expect(status).toMatchObject({
      'executed-notebook': '/home/jovyan/deep/it\'s "telling" $(id).ipynb',
      'result-notebook': output,
    });
    expect((await stat(home.file(output))).uid).toBe(1000);
    expect((await stat(join(home.folder, 'data', `of ${name}`))).isDirectory()).toBe(true);

    const [pod] = (await cluster.pods()).filter(({ metadata }) => metadata?.name?.startsWith(name));
    expect(pod?.spec).toMatchObject({
      serviceAccountName: 'default',
      imagePullSecrets: [{ name: 'registry' }],
      tolerations: expect.arrayContaining(
        ['example.com/processing', 'nvidia.com/gpu', 'hub.jupyter.org/dedicated'].map((key) =>
          expect.objectContaining({ key }),
        ),
      ),
    });
    expect(pod?.spec?.containers[0]?.resources).toEqual({
      limits: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' },
      requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '10Mi' },
    });
  });

  it('keep a notebook off nodes of another purpose; on Fargate, which has no nodes, it gets the label in place of that', async () => {
    const inputs = { notebook: '/examples/fails.ipynb', image: IMAGE };
    const jobId = await bed.submit('everything', inputs);
    const waiting = await eventually('what it waits for', async () => {
      const { status, message } = await bed.status(jobId);
      return status === 'accepted' && message.includes('affinity') ? message : undefined;
    });
    expect(waiting).toContain("didn't match Pod's node affinity");
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    const onFargate = await runNotebook(bed, 'everything', { ...inputs, run_on_fargate: true });
    expect(onFargate.cause?.log).toMatch(/Cell 3 of 4 failed: ZeroDivisionError: division by zero$/);
    const made = (await cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(onFargate.jobID));
    expect([made?.metadata?.labels?.['runtime'], made?.spec?.template.spec?.affinity]).toEqual(['fargate', undefined]);
  });

  it('are refused where the process does not allow them, each with its place', async () => {
    const response = await bed.execute('beside', {
      notebook: '../../etc/x.ipynb',
      image: IMAGE,
      node_purpose: 'linux',
      run_on_fargate: true,
      git_revision: 'main',
      result_data_directory: '../$(id)',
      output_filename: '..',
    });
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    const ids = ['run_on_fargate', 'node_purpose', 'result_data_directory', 'notebook', 'image', 'output_filename'];
    expect([response.status, errors.map(({ pointer }) => pointer)]).toEqual([
      400,
      [...ids, 'git_revision'].map((id) => `/inputs/${id}`),
    ]);
  });

  it('show the progress of a notebook whose service account may not write it, by its log', async () => {
    const inputs: Results = { notebook: `${shared}/notebooks/waves.ipynb`, parameters_json: { pause: 4 } };
    const jobId = await bed.submit('beside', inputs);
    const seen = new Map<number, string>();
    const last = await endOfNotebook(bed, jobId, ({ progress, status, message }) => {
      if (progress !== undefined && status === 'running') seen.set(progress, message);
    });
    expect([last.status, last.progress]).toEqual(['successful', 100]);
    const percents = [...seen.keys()];
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.length).toBeGreaterThan(1);
    expect([...seen.values()].join()).toMatch(/\d of 8 cells of the notebook are done\./);
    const made = (await cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    expect(Object.keys(made?.metadata?.annotations ?? {})).not.toContain('pygeoapi.io/progress');
  });

  it('have the executed notebook removed with its job, where the server sees the volume; others’ files stay', async () => {
    const inputs = { notebook: `${shared}/notebooks/fails.ipynb`, parameters_json: { divisor: 2 } };
    const status = await runNotebook(bed, 'beside', inputs);
    const output = String((status as unknown as Results)['result-notebook']);
    expect([status.status, (await stat(output)).isFile()]).toEqual(['successful', true]);
    const day = dirname(output);
    await writeFile(join(day, 'other.ipynb'), '{}');
    expect((await bed.delete(`/jobs/${status.jobID}`)).status).toBe(200);
    await eventually('the removal', async () => (await readdir(day)).every((name) => !output.endsWith(name)));
    expect(await readdir(day)).toContain('other.ipynb');
  });
});
