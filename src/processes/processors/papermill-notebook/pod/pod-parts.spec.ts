import { describe, expect, it, test } from '@jest/globals';
import { parse } from 'yaml';
import { jupyterLink } from '../results/jupyter-link.js';
import { makeBucketSidecar } from './make-bucket-sidecar.js';
import { makeGitCheckout } from './make-git-checkout.js';
import { absolute, makePapermillCommand } from './make-papermill-command.js';
import { makeAffinity, makeTolerations } from './make-placement.js';
import { makeResources } from '../definition/make-resources.js';
import { makeCondaStore, makeExtraClaims, makeExtraVolumes, makeHomeVolume, makeSecrets } from './make-volumes.js';
import { namesFile, outputPath, timeOfJob } from '../inputs/output-path.js';
import { parseJson } from '../../../../json/parse-json.js';
import { encodeParameters, faultOfEncoded, infiniteNumbers, toYaml } from '../inputs/papermill-parameters.js';

describe('volumes', () => {
  it('are the claim of the home, mounted where JupyterLab has it', () => {
    expect(makeHomeVolume('user-foo')).toEqual({
      volumes: [{ name: 'home', persistentVolumeClaim: { claimName: 'user-foo' } }],
      volumeMounts: [{ name: 'home', mountPath: '/home/jovyan' }],
    });
  });

  it('are further claims, whole or a folder of them', () => {
    const claims = [
      { claim_name: 'more-data', mount_path: '/data' },
      { claim_name: 'shared', mount_path: '/shared', sub_path: 'team/3' },
    ];
    expect(makeExtraClaims(claims)).toEqual({
      volumes: [
        { name: 'extra-0', persistentVolumeClaim: { claimName: 'more-data' } },
        { name: 'extra-1', persistentVolumeClaim: { claimName: 'shared' } },
      ],
      volumeMounts: [
        { name: 'extra-0', mountPath: '/data' },
        { name: 'extra-1', mountPath: '/shared', subPath: 'team/3' },
      ],
      envFrom: [],
      initContainers: [],
    });
  });

  it('are what extra_volumes and extra_volume_mounts say', () => {
    const volume = { name: 'scratch', emptyDir: {} };
    const mount = { name: 'scratch', mountPath: '/scratch', readOnly: true };
    expect(makeExtraVolumes([volume], [mount])).toEqual({ volumes: [volume], volumeMounts: [mount] });
    expect(makeExtraVolumes()).toEqual({ volumes: [], volumeMounts: [] });
  });

  it('are secrets, as files by default, or environment variables', () => {
    expect(makeSecrets([{ name: 's3' }, { name: 'db', access: 'mount' }, { name: 'redis', access: 'env' }])).toEqual({
      volumes: [
        { name: 'secret-0', secret: { secretName: 's3' } },
        { name: 'secret-1', secret: { secretName: 'db' } },
      ],
      volumeMounts: [
        { name: 'secret-0', mountPath: '/secret/s3' },
        { name: 'secret-1', mountPath: '/secret/db' },
      ],
      envFrom: [{ secretRef: { name: 'redis' } }],
      initContainers: [],
    });
  });

  it('are the environments of conda-store by group, read only', () => {
    expect(makeCondaStore([])).toEqual({});
    expect(makeCondaStore(['one', 'two'])).toEqual({
      volumes: [{ name: 'conda-store', persistentVolumeClaim: { claimName: 'conda-store-core-share' } }],
      volumeMounts: [
        { name: 'conda-store', mountPath: '/home/conda/one', subPath: 'one', readOnly: true },
        { name: 'conda-store', mountPath: '/home/conda/two', subPath: 'two', readOnly: true },
      ],
    });
  });
});

describe('the checkout of a git repository', () => {
  it('clones with the user and the password of a secret, which stand in no command line', () => {
    const made = makeGitCheckout({ url: 'https://git.example.com/r.git', secret_name: 'git' }, 'v1.2');
    const [container] = made.initContainers ?? [];
    const mount = { name: 'git', mountPath: '/home/jovyan/git' };
    expect(made).toEqual({
      volumes: [{ name: 'git', emptyDir: {} }],
      volumeMounts: [mount],
      initContainers: [
        {
          name: 'git',
          image: 'alpine/git:v2.45.2',
          command: ['sh', '-c', container?.command?.[2], 'checkout'],
          args: ['https://git.example.com/r.git', '/home/jovyan/git/algorithm', 'v1.2'],
          env: [
            { name: 'HOME', value: '/tmp' },
            { name: 'GIT_TERMINAL_PROMPT', value: '0' },
            { name: 'GIT_USERNAME', valueFrom: { secretKeyRef: { name: 'git', key: 'username' } } },
            { name: 'GIT_PASSWORD', valueFrom: { secretKeyRef: { name: 'git', key: 'password' } } },
          ],
          volumeMounts: [mount],
          securityContext: {
            runAsUser: 1000,
            runAsGroup: 100,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
  });

  it('is a fixed program: neither address nor revision is a part of it', () => {
    const program = (url: string, revision?: string) =>
      makeGitCheckout({ url, image: 'my/git' }, revision).initContainers?.[0];
    const [hostile, plain] = [program('http://h/$(id)', '$(touch x)'), program('http://h/r')];
    expect(hostile?.command).toEqual(plain?.command);
    expect(hostile?.args).toEqual(['http://h/$$(id)', '/home/jovyan/git/algorithm', '$$(touch x)']);
    expect(plain?.args?.[2]).toBe('');
    expect(plain?.env).toHaveLength(2);
    expect(plain?.image).toBe('my/git');
  });
});

describe('the sidecar of a bucket', () => {
  const fromSecret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: 'credentials', key } },
  });
  const common = {
    name: 's3mounter',
    restartPolicy: 'Always',
    command: ['sh', '-c', expect.stringContaining('"$$@" & child=$$!'), '/mnt/bucket'],
    volumeMounts: [{ name: 's3-user-bucket', mountPath: '/mnt/bucket', mountPropagation: 'Bidirectional' }],
    securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
  };

  it('is an init container that goes on running, with s3fs', () => {
    const bucket = { bucket_name: 'data', secret_name: 'credentials', s3_url: 'https://s3.example.com' };
    expect(makeBucketSidecar(bucket)).toEqual({
      volumes: [{ name: 's3-user-bucket', emptyDir: {} }],
      volumeMounts: [{ name: 's3-user-bucket', mountPath: '/home/jovyan/s3', mountPropagation: 'HostToContainer' }],
      initContainers: [
        {
          ...common,
          image: 'totycro/s3fs:0.7.0-1.90',
          args: [
            ...['s3fs', 'data', '/mnt/bucket', '-f', '-o', 'url=https://s3.example.com'],
            ...['-o', 'use_path_request_style', '-o', 'allow_other', '-o', 'uid=1000', '-o', 'gid=100'],
            ...['-o', 'umask=0002', '-o', 'mp_umask=0002'],
          ],
          env: [
            fromSecret('AWSACCESSKEYID', 'username'),
            fromSecret('AWSSECRETACCESSKEY', 'password'),
            fromSecret('AWS_ACCESS_KEY_ID', 'username'),
            fromSecret('AWS_SECRET_ACCESS_KEY', 'password'),
          ],
          resources: { limits: { cpu: '0.2', memory: '512Mi' }, requests: { cpu: '0.05', memory: '32Mi' } },
        },
      ],
    });
  });

  it('mounts elsewhere, with rclone, another image and other resources', () => {
    const bucket = {
      bucket_name: 'data',
      secret_name: 'credentials',
      s3_url: 'https://s3.example.com',
      mount_path: '/s3',
      program: 'rclone' as const,
      image: 'my/rclone',
      resource_limits: { memory: '1Gi' },
      resource_requests: { cpu: 1 },
    };
    const made = makeBucketSidecar(bucket);
    expect(made.volumeMounts?.[0]?.mountPath).toBe('/s3');
    expect(made.initContainers).toEqual([
      {
        ...common,
        image: 'my/rclone',
        args: [
          ...[
            'rclone',
            'mount',
            ':s3:data',
            '/mnt/bucket',
            '--allow-non-empty',
            '--allow-other',
            '--uid',
            '1000',
            '--gid',
            '100',
          ],
          ...['--umask', '0002', '--vfs-cache-mode', 'writes', '--vfs-write-back', '0s', '--cache-dir', '/tmp/rclone'],
        ],
        env: [
          { name: 'RCLONE_S3_PROVIDER', value: 'Other' },
          { name: 'RCLONE_S3_ENDPOINT', value: 'https://s3.example.com' },
          fromSecret('RCLONE_S3_ACCESS_KEY_ID', 'username'),
          fromSecret('RCLONE_S3_SECRET_ACCESS_KEY', 'password'),
        ],
        resources: { limits: { cpu: '0.2', memory: '1Gi' }, requests: { cpu: '1', memory: '32Mi' } },
      },
    ]);
  });

  it('is waited for where Linux says that it is', () => {
    const mounted = makeBucketSidecar({ bucket_name: 'b', secret_name: 's', mount_path: '/data//bucket/' });
    expect(mounted.volumeMounts?.[0]?.mountPath).toBe('/data/bucket');
  });

  it('asks Amazon where no address is set', () => {
    const bucket = { bucket_name: 'data', secret_name: 'credentials' };
    expect(makeBucketSidecar(bucket).initContainers?.[0]?.args?.join(' ')).not.toContain('url=');
    expect(makeBucketSidecar({ ...bucket, program: 'rclone' }).initContainers?.[0]?.env?.[0]?.value).toBe('AWS');
  });
});

describe('placement', () => {
  it('is on nodes of the purpose, by the label', () => {
    const match = { key: 'hub.example.com/node', operator: 'In', values: ['gpu'] };
    expect(makeAffinity({ labelKey: 'hub.example.com/node', purpose: 'gpu', onFargate: false })).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [match] }] },
      },
    });
  });

  it('is anywhere on Fargate, or where no label or no purpose is set', () => {
    expect(makeAffinity({ labelKey: 'key', purpose: 'gpu', onFargate: true })).toBeUndefined();
    expect(makeAffinity({ labelKey: 'key', onFargate: false })).toBeUndefined();
    expect(makeAffinity({ purpose: 'gpu', onFargate: false })).toBeUndefined();
  });

  it('tolerates GPUs and dedicated nodes', () => {
    expect(makeTolerations()).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'hub.jupyter.org/dedicated', operator: 'Exists', effect: 'NoSchedule' },
    ]);
  });
});

describe('resources', () => {
  it('are those of the definition over those of the request', () => {
    const requested = { cpu_limit: 2, mem_limit: '4Gi', cpu_requests: '500m', mem_requests: '' };
    expect(makeResources(requested, { 'nvidia.com/gpu': 1, cpu: 1 }, { memory: '1Gi' })).toEqual({
      limits: { 'nvidia.com/gpu': '1', cpu: '1', memory: '4Gi' },
      requests: { cpu: '500m', memory: '1Gi' },
    });
  });

  it('are left out where nothing is said', () => {
    expect(makeResources({})).toBeUndefined();
    expect(makeResources({ cpu_requests: 1 })).toEqual({ requests: { cpu: '1' } });
  });
});

describe('papermill’s command line', () => {
  it('is the predecessor’s', () => {
    const options = { notebook: 'a/b.ipynb', output: '/out/b.ipynb', logOutput: true, kernel: 'k', parameters: 'e30=' };
    expect(makePapermillCommand(options)).toEqual([
      ...['papermill', '/home/jovyan/a/b.ipynb', '/out/b.ipynb', '--engine', 'kubernetes_job_progress'],
      ...['--request-save-on-cell-execute', '--autosave-cell-every', '60', '--progress-bar'],
      ...['--cwd', '/home/jovyan/a', '--log-output', '-k', 'k', '-b', 'e30='],
    ]);
  });

  test.each([
    ['-x.ipynb', '/home/jovyan/-x.ipynb'],
    ['s3://bucket/x.ipynb', '/home/jovyan/s3:/bucket/x.ipynb'],
    ['a"b\'c;$(id)\n.ipynb', '/home/jovyan/a"b\'c;$(id)\n.ipynb'],
    ['/abs/x.ipynb', '/abs/x.ipynb'],
  ])('takes the notebook %j for one file', (notebook, path) => {
    expect(absolute(notebook)).toBe(path);
    expect(makePapermillCommand({ notebook, output: '/o', logOutput: false })[1]).toBe(path);
  });

  it('has no fields that papermill would fill in from parameters', () => {
    const made = makePapermillCommand({ notebook: '{pm.__class__}.ipynb', output: '/o/{x}', logOutput: false });
    expect(made.slice(1, 3)).toEqual(['/home/jovyan/{{pm.__class__}}.ipynb', '/o/{{x}}']);
    expect(made.at(-1)).toBe('/home/jovyan');
  });
});

describe('parameters', () => {
  test.each([
    ['text', '"text"'],
    ['a "b"\n$(id) {x}', '"a \\"b\\"\\n$(id) {x}"'],
    ['Zoë 🌍\u2028\x7f', '"Zo\\u00eb \\U0001f30d\\u2028\\u007f"'],
    [12, '12'],
    [-1.5, '-1.5'],
    [1e-7, '1.0e-7'],
    [1.5e300, '1.5e+300'],
    [true, 'true'],
    [null, 'null'],
    [[1, ['a']], '[1, ["a"]]'],
    [{ 'yes: no': { a: 1 }, 1: 'x' }, '{? "1" : "x", ? "yes: no" : {? "a" : 1}}'],
  ])('write %j as YAML 1.1', (value, text) => {
    expect(toYaml(value)).toBe(text);
    expect(parse(text, { version: '1.1' })).toEqual(value);
  });

  it('are floats where their schemas say number', () => {
    const schemas = {
      x: { type: 'number' },
      maybe: { type: ['number', 'null'] },
      either: { type: ['integer', 'number'] },
      n: { type: 'integer' },
      list: { type: 'array', items: { type: 'number' } },
      pair: { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'number' }] },
      map: { type: 'object', additionalProperties: { type: 'number' } },
    };
    const parameters = {
      x: 1,
      maybe: -2,
      either: 3,
      n: 4,
      list: [1, 2.5],
      pair: [1, 2],
      map: { constructor: 1e21 },
      y: 5,
    };
    expect(Buffer.from(encodeParameters(parameters, schemas), 'base64').toString()).toBe(
      '{? "x" : 1.0, ? "maybe" : -2.0, ? "either" : 3, ? "n" : 4, ? "list" : [1.0, 2.5], ? "pair" : [1, 2.0], ? "map" : {? "constructor" : 1.0e+21}, ? "y" : 5}',
    );
  });

  it.each([
    ['12345678901234567890', undefined, '12345678901234567890'],
    ['12345678901234567890', 'number', '12345678901234567890'],
    ['1.0', undefined, '1.0'],
    ['1.0', 'integer', '1'],
    ['12E2', 'integer', '1200'],
    ['1E5', 'number', '1.0e+5'],
    ['-0', 'number', '-0.0'],
    ['0.10', 'number', '0.10'],
    ['1e400', 'number', '1.0e+400'],
  ])('are written as they were sent: %s as %s is %s', (text, type, yaml) => {
    expect(toYaml(parseJson(text), type === undefined ? undefined : { type })).toBe(yaml);
  });

  it('are not numbers that Python would make infinite', () => {
    const parameters = parseJson(`{"a": [1e308, 1e309], "b/": {"c": -1e400}, "d": 1e-400, "e": 1${'0'.repeat(400)}}`);
    expect(infiniteNumbers(parameters, '/inputs')).toEqual(['/inputs/a/1', '/inputs/b~1/c']);
  });

  it('are not integers with more digits than Python reads', () => {
    const parameters = parseJson(`[${'9'.repeat(4300)}, -${'9'.repeat(4300)}, ${'9'.repeat(4301)}]`);
    expect(infiniteNumbers(parameters, '/inputs/n')).toEqual(['/inputs/n/2']);
  });

  const lineEnds = 'must end lines by LF or CR LF: a lone CR, U+0085, U+2028 or U+2029 must be escaped';

  it('are base64', () => {
    expect(Buffer.from(encodeParameters({ a: [1] }), 'base64').toString()).toBe('{? "a" : [1]}');
  });

  test.each([
    ['a: 3', undefined],
    ['', undefined],
    ['[1]', 'must be base64 of a YAML mapping whose keys are names of variables'],
    ['just text', 'must be base64 of a YAML mapping whose keys are names of variables'],
    ['fine: 1\n"not (a) name": 2', 'must be base64 of a YAML mapping whose keys are names of variables'],
    ['a: [', 'must be base64 of a YAML mapping whose keys are names of variables'],
    ['a: 1\r\nb: 2 # "not (a) name": 3', undefined],
    ['a: "\\u2028"', undefined],
    // Python's parser has a second key here.
    ['a: 1 #\r"not (a) name": 2', lineEnds],
    ['a: 1 #\u0085"not (a) name": 2', lineEnds],
    ['a: 1 #\u2028"not (a) name": 2', lineEnds],
    ['a: 1 #\u2029"not (a) name": 2', lineEnds],
  ])('that come encoded, %j, are looked at', (text, fault) => {
    expect(faultOfEncoded(Buffer.from(text).toString('base64'))).toBe(fault);
  });

  it('that are no UTF-8 are refused', () => {
    expect(faultOfEncoded('//8=')).toContain('YAML');
  });
});

describe('the output path', () => {
  const options = {
    outputDirectory: '/home/jovyan/jobs',
    ownFolder: false,
    jobId: '01a1fda5-afc5-7110-ade8-b62a950f161f',
    notebook: 'deep/my notebook.ipynb',
    now: new Date('2026-11-21T10:27:36.517Z'),
  };

  it('has day, stem, time and job', () => {
    expect(outputPath(options)).toBe(
      '/home/jovyan/jobs/2026-11-21/my notebook_result_20261121-102736-517000_01a1fda5-afc5-7110-ade8-b62a950f161f.ipynb',
    );
  });

  it('has the last part only of a requested folder and file', () => {
    expect(outputPath({ ...options, dirname: '../../etc/mine', filename: '/root/.ssh/out.ipynb' })).toBe(
      '/home/jovyan/jobs/2026-11-21/mine/out.ipynb',
    );
  });

  it('has a folder of its own for the run where configured', () => {
    expect(outputPath({ ...options, ownFolder: true })).toBe(
      '/home/jovyan/jobs/2026-11-21/20261121-102736-517000-my notebook_01a1fda5-afc5-7110-ade8-b62a950f161f/my notebook_result.ipynb',
    );
  });

  test.each(['..', 'a/..', '.', '/', 'x\0y', `${'é'.repeat(200)}`])('cannot have %j as a name', (name) => {
    expect(namesFile(name)).toBe(false);
  });

  it('has the time that is in the id of the job', () => {
    expect(timeOfJob('01a1fda5-afc5-7110-ade8-b62a950f161f')?.toISOString()).toBe('2026-11-21T10:27:36.517Z');
  });
});

describe('the link to JupyterLab', () => {
  it('leads to the executed notebook', () => {
    expect(jupyterLink('https://example.com/jupyter/', '/home/jovyan/my jobs/ä?.ipynb')).toBe(
      'https://example.com/jupyter/hub/user-redirect/lab/tree/my%20jobs/%C3%A4%3F.ipynb',
    );
  });

  it('is left out where JupyterLab does not see the notebook', () => {
    expect(jupyterLink('https://example.com', '/elsewhere/x.ipynb')).toBeUndefined();
    expect(jupyterLink(undefined, '/home/jovyan/x.ipynb')).toBeUndefined();
  });
});
