import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import {
  endOfNotebook,
  GIT,
  IMAGE,
  makeSecret,
  makeServiceAccount,
  NotebookHome,
  NotebookRepository,
  noteNotebook,
  notebookOf,
  resultsOf,
  type Results,
  runNotebook,
  TOOLS,
} from '../support/notebooks.js';
import { TestBed, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

interface Binary {
  readonly value: string;
  readonly mediaType: string;
}

let cluster: TestCluster;
let bed: TestBed;
let home: NotebookHome;
let git: NotebookRepository;
let s3: S3Client;
const bucket = `notebooks-${process.pid}`;

const configuration = (gitUrl: string) => `
server:
  manager: { name: pygeoapi_kubernetes_papermill.KubernetesManager, finalizer_controller: true }
resources:
  execute-notebook: &notebooks
    type: process
    processor: &processor
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: ${IMAGE}
      output_directory: /home/jovyan/my-jobs
      home_volume_claim_name: home
      extra_pvcs: [{ claim_name: home, mount_path: /notebooks, sub_path: notebooks }]
      jupyter_base_url: https://example.com/jupyter
      secrets: [{ name: git }]
      job_service_account: notebooks
      check_auth: false
  from-git:
    type: process
    processor:
      <<: *processor
      secrets: [{ name: git, access: env }]
      checkout_git_repo: { url: "${gitUrl}", secret_name: git, image: "${TOOLS}" }
  from-bucket: &from-bucket
    type: process
    processor: &bucket-processor
      <<: *processor
      output_directory: /home/jovyan/s3/out
      home_volume_claim_name: ""
      extra_pvcs: []
      job_service_account: ""
      s3: &s3 { bucket_name: ${bucket}, secret_name: bucket, s3_url: "${process.env['S3_ENDPOINT_FROM_PODS']}", image: "${TOOLS}" }
  from-bucket-by-rclone:
    type: process
    processor: { <<: *bucket-processor, s3: { <<: *s3, program: rclone } }
  from-missing-bucket:
    type: process
    processor: { <<: *bucket-processor, s3: { <<: *s3, bucket_name: there-is-none, mount_timeout_seconds: 3 } }
  waves:
    type: process
    processor:
      <<: *processor
      notebook: notebooks/waves.ipynb
      results_in_output_dir: true
      notebook_output: false
      metadata:
        inputs:
          title: { schema: { type: string } }
          samples: { schema: { type: integer, minimum: 2 }, minOccurs: 0 }
        outputs:
          plot: { schema: { type: string, contentEncoding: base64, contentMediaType: image/png } }
  catalogue:
    type: process
    processor:
      <<: *processor
      notebooks:
        - { path: notebooks/waves.ipynb, id: waves-form }
        - { glob: notebooks/*.ipynb, id_prefix: found- }
  git-catalogue:
    type: process
    processor:
      <<: *processor
      checkout_git_repo: { url: "${gitUrl}", secret_name: git, image: "${TOOLS}", revision: feature/other }
      notebooks: [{ git: note.ipynb }]
  execute-image:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.ContainerImageKubernetesProcessor
      default_image: ${IMAGE}
      check_auth: false
      s3: { <<: *s3, mount_path: /s3 }
      pod_security_context: { runAsUser: 0 }
      extra_volumes: [{ name: results, emptyDir: {} }]
      extra_volume_mounts: [{ name: results, mountPath: /full-results-pvc }]
      command: cat /s3/note.txt; readlink /output-byoa; echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf '%s' "$TITLE"
`;

async function makeBucket(): Promise<void> {
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  s3 = new S3Client({
    endpoint: S3_ENDPOINT,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
  });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'note.ipynb', Body: noteNotebook('from the bucket') }));
  const endless = notebookOf(['print("begun", flush=True)', 'import time\ntime.sleep(3600)']);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'endless.ipynb', Body: endless }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'note.txt', Body: 'read from the bucket\n' }));
  await makeSecret(cluster, 'bucket', { username: S3_ACCESS_KEY, password: S3_SECRET_KEY });
}

const keys = async () =>
  ((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key = '' }) => Key);

const run = (processId: string, inputs: Results) => runNotebook(bed, processId, inputs);

async function succeed(processId: string, inputs: Results): Promise<{ status: StatusInfo; results: Results }> {
  const status = await run(processId, inputs);
  return { status, results: await resultsOf(bed, status) };
}

const suite = onRealCluster ? describe : describe.skip;

suite('notebooks, run by papermill in pods of the real cluster', () => {
  beforeAll(async () => {
    cluster = await TestCluster.start();
    [git, home] = await Promise.all([NotebookRepository.serve(cluster.folder), NotebookHome.make(cluster)]);
    await Promise.all([makeServiceAccount(cluster), makeBucket(), makeSecret(cluster, 'git', GIT)]);
    const text = configuration(git.url);
    bed = await TestBed.start({}, { cluster, configuration: () => text });
  });

  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await home.remove();
    for (const Key of await keys()) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    s3.destroy();
    git.close();
  });

  it('take parameters as they are, show how far they are, and give every scrap, the file, the picture and the notebook', async () => {
    const title = 'a "b" $(id) {x} `id`\n\'ä🌍';
    const inputs = { notebook: 'notebooks/waves.ipynb', parameters_json: { title, pause: 2, frequencies: [1e-7, 3] } };
    const jobId = await bed.submit('execute-notebook', inputs, { body: { response: 'document' } });
    const seen = new Set<number>();
    const last = await endOfNotebook(bed, jobId, ({ progress, status }) => {
      if (progress !== undefined && status === 'running') seen.add(progress);
    });
    expect([last.status, last.cause]).toEqual(['successful', undefined]);
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
    expect(seen.size).toBeGreaterThan(1);

    const results = (await (await bed.get(`/jobs/${jobId}/results`)).json()) as Results;
    expect(results).toMatchObject({ title, range: { value: { samples: 500 } } });
    const plot = results['plot'] as Binary;
    expect([plot.mediaType, Buffer.from(plot.value, 'base64').subarray(1, 4).toString()]).toEqual(['image/png', 'PNG']);
    const file = results['result-file'] as Binary;
    expect([file.mediaType, JSON.stringify(file)]).toEqual(['text/csv', expect.stringContaining('time,value')]);
    expect(JSON.stringify(results['notebook'])).toContain('injected-parameters');

    const [day = ''] = await readdir(join(home.folder, 'my-jobs'));
    const name = (await readdir(join(home.folder, 'my-jobs', day))).find((one) => one.includes(jobId)) ?? '';
    expect(name).toMatch(/^waves_result_\d{8}-\d{6}-\d{6}_[-0-9a-f]+\.ipynb$/);
    expect(last).toMatchObject({
      'result-notebook': `/home/jovyan/my-jobs/${day}/${name}`,
      'result-link': `https://example.com/jupyter/hub/user-redirect/lab/tree/my-jobs/${day}/${name}`,
    });
  });

  it('that fail say in which cell, and how', async () => {
    const status = await run('execute-notebook', { notebook: '/notebooks/fails.ipynb' });
    expect(status.cause).toMatchObject({ type: 'non-zero-exit', container: 'notebook', exitCode: 1 });
    expect(status.cause?.log).toMatch(/Cell 3 of 4 failed: ZeroDivisionError: division by zero$/);
    expect(status.cause?.message).toBe(
      'Container "notebook" ended with exit code 1. Cell 3 of 4 of the notebook failed: ZeroDivisionError.',
    );
    const { results } = await succeed('execute-notebook', {
      notebook: 'notebooks/fails.ipynb',
      parameters: Buffer.from('divisor: 2').toString('base64'),
    });
    expect(Object.keys(results)).toEqual(['notebook']);
  });

  it('whose kernel is killed say so, and what they leave running does not keep the job', async () => {
    const notebook = async (name: string, cells: readonly string[]) => {
      await writeFile(join(home.folder, `${name}.ipynb`), notebookOf(cells));
      return { notebook: `${name}.ipynb` };
    };
    const killed = await notebook('killed', ['1', 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)', '3']);
    const status = await run('execute-notebook', killed);
    expect(status.cause).toMatchObject({ type: 'non-zero-exit', container: 'notebook', exitCode: 138 });
    expect(status.cause?.log).toMatch(/Cell 2 of 3 failed: its kernel died: it was ended by SIGKILL$/);
    expect(status.cause?.message).toMatch(/exit code 138\. Cell 2 of 3 of the notebook failed: its kernel died\.$/);

    const start = 'import subprocess\nsubprocess.Popen(["sleep", "3600"], start_new_session=True)';
    const server = await succeed('execute-notebook', await notebook('server', [start, 'print("x" * 10_000_000)']));
    expect(await bed.log(server.status.jobID)).toContain('What the notebook left running is ended: sleep.');
  });

  it('never overwrite a file whose name was asked for: of two runs side by side one has it, later ones are refused', async () => {
    const ask = { notebook: 'notebooks/fails.ipynb', parameters_json: { divisor: 2 }, output_filename: 'mine.ipynb' };
    const both = await Promise.all([run('execute-notebook', ask), run('execute-notebook', ask)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['failed', 'successful']);
    const output = home.file(String((both[0] as unknown as Results)['result-notebook']));
    const written = await readFile(output, 'utf8');
    expect(JSON.parse(written)).toHaveProperty('cells');
    const later = await run('execute-notebook', ask);
    expect(later.cause?.message).toContain('a notebook of the name that was asked for (output_filename) already');
    expect([await readFile(output, 'utf8'), await readdir(join(output, '..'))]).toEqual([
      written,
      expect.not.arrayContaining([expect.stringContaining('.claim')]),
    ]);
  });

  it('that are not there, and kernels that are not there, are said to be missing', async () => {
    const missing = await run('execute-notebook', { notebook: 'no such "$(id)".ipynb' });
    expect(missing.cause?.log).toMatch(/There is no notebook \/home\/jovyan\/no such "\$\(id\)".ipynb\.$/);
    const kernel = await run('execute-notebook', { notebook: 'notebooks/fails.ipynb', kernel: 'fortran' });
    expect(kernel.cause?.log).toContain('fortran');
    expect(kernel.cause?.log).toMatch(
      /Papermill failed before the first cell: .*NoSuchKernel: No such kernel named fortran$/,
    );
    expect(kernel.cause?.message).toMatch(/Papermill failed before the first cell: [\w.]*NoSuchKernel\.$/);
  });

  it('of a process of one notebook have its parameters as inputs and its declared outputs', async () => {
    const refused = await bed.execute('waves', { title: 'x', samples: 1, notebook: 'y.ipynb' });
    expect(refused.status).toBe(400);
    const { status, results } = await succeed('waves', { title: 'Mine', samples: 50 });
    expect(Object.keys(results)).toEqual(['plot']);
    const folder = home.file(String((status as unknown as Results)['result-notebook']));
    expect((await readdir(join(folder, '..'))).toSorted()).toEqual(['waves.csv', 'waves_result.ipynb']);
  });

  it('of a catalogue are processes of their own, with the parameters that papermill finds; the page of a job shows the executed one', async () => {
    const describe = async (id: string) => (await (await bed.get(`/processes/${id}`)).json()) as Results;
    const inputs = await eventually(
      'the inputs of the notebooks',
      async () => {
        const found = (await describe('waves-form'))['inputs'] as Results;
        return Object.keys(found).length > 0 ? found : undefined;
      },
      180_000,
    );
    const optional = { minOccurs: 0, maxOccurs: 1 };
    expect(inputs).toEqual({
      title: {
        title: 'title',
        description: 'Stands above the plot',
        schema: { type: 'string', default: 'Waves' },
        ...optional,
      },
      frequencies: {
        title: 'frequencies',
        description: 'In hertz',
        schema: { type: 'array', items: { type: 'number' }, default: [1, 3] },
        ...optional,
      },
      samples: { title: 'samples', schema: { type: 'integer', default: 500 }, ...optional },
      pause: {
        title: 'pause',
        description: 'Seconds that each step rests, to watch the progress',
        schema: { type: 'number', default: 0 },
        ...optional,
      },
    });
    expect(await describe('found-fails')).toMatchObject({
      title: 'A notebook that fails',
      inputs: { divisor: { schema: { type: 'integer', default: 0 } } },
    });
    expect((await bed.execute('waves-form', { samples: 'many' })).status).toBe(400);
    const { status, results } = await succeed('waves-form', { title: 'On a <page>', samples: 50 });
    expect(results).toMatchObject({ title: 'On a <page>', range: { value: { samples: 50 } } });
    const page = await (await bed.get(`/jobs/${status.jobID}?f=html`)).text();
    expect(page).toContain('Executed notebook');
    expect(page).toMatch(/<img class="result" src="data:image\/png;base64,/);
    expect(page).toContain('On a &lt;page');
    expect(page).not.toMatch(/<script(?![^>]* src=")/);
    const failed = await run('found-fails', {});
    expect(failed.cause?.log).toMatch(/Cell 3 of 4 failed: ZeroDivisionError: division by zero$/);
    await eventually(
      'the notebook of the repository',
      async () => Object.keys((await describe('note'))['inputs'] as Results).length === 0,
    );
    expect((await succeed('note', {})).results).toMatchObject({ note: 'from the branch' });
  }, 400_000);

  it('come from a git repository that asks for a password, at a revision', async () => {
    const notebook = 'git/algorithm/note.ipynb';
    expect((await succeed('from-git', { notebook })).results).toMatchObject({ note: 'from main' });
    const other = await succeed('from-git', { notebook, git_revision: 'feature/other' });
    expect(other.results).toMatchObject({ note: 'from the branch' });
    const unknown = await run('from-git', { notebook, git_revision: 'no/such' });
    expect(unknown.cause).toMatchObject({ container: 'git', log: expect.stringContaining('no/such') });
    expect(await bed.log(other.status.jobID)).not.toContain('p@ss');
  });

  it.each(['from-bucket', 'from-bucket-by-rclone'])(
    '%s come from a bucket, and leave their notebooks there',
    async (id) => {
      const { status, results } = await succeed(id, {
        notebook: 's3/note.ipynb',
        output_filename: `${id}.ipynb`,
        result_data_directory: 's3/data-{job_name}',
      });
      expect(results).toMatchObject({ note: 'from the bucket' });
      expect(await keys()).toContain(`out/${status.created.slice(0, 10)}/${id}.ipynb`);
      // The sidecar has ended with the job: its log is collected, too.
      expect(await bed.log(status.jobID)).toContain("Init Container 's3mounter'");
    },
  );

  it('that are dismissed while they run end with their sidecar, and leave their log', async () => {
    const jobId = await bed.submit('from-bucket', { notebook: 's3/endless.ipynb' });
    await eventually('a cell done', async () => ((await bed.status(jobId)).progress ?? 0) > 0, 120_000);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    const ofJob = async () => (await cluster.pods()).filter(({ metadata }) => metadata?.name?.includes(jobId));
    await eventually('the end of its pod', async () => (await ofJob()).length === 0, 120_000);
    const logs = (await bed.store.logs()).filter((key) => key.includes(jobId));
    expect(logs).toHaveLength(1);
    expect((await bed.status(jobId)).status).toBe('dismissed');
  });

  it('fail with the reason where their bucket cannot be mounted', async () => {
    const { cause, jobID } = await run('from-missing-bucket', { notebook: 's3/note.ipynb' });
    expect(cause?.log).toContain('Bucket there-is-none was not mounted at /home/jovyan/s3 within 3 seconds');
    expect(await bed.log(jobID)).toContain('The program that mounts the bucket ended with exit code');
  });

  it('have a sibling that runs any image with the same keys', async () => {
    const status = await run('execute-image', {
      parameters_env: { TITLE: '$(id) "x"' },
      result_data_directory: '{job_name}',
    });
    expect([status.status, status.cause]).toEqual(['successful', undefined]);
    const results = await bed.get(`/jobs/${status.jobID}/results`);
    expect(JSON.stringify(await results.json())).toContain('$(id)');
    expect(await bed.log(status.jobID)).toContain(
      `read from the bucket\n/full-results-pvc/pygeoapi-job-${status.jobID}`,
    );
  });
});
