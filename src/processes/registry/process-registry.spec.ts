import { describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { ConfigurationError } from '../../config/configuration-error.js';
import { Configuration } from '../../config/configuration.js';
import { ProcessNotFoundError } from '../../ogc/domain-errors.js';
import { describeFromMetadata } from '../description/process-metadata.js';
import { ProcessRegistry } from './process-registry.js';
import { Processor, type ConfiguredProcess, type ProcessorInterface } from '../processor.js';
import { GenericImageProcessor } from '../processors/generic-image/generic-image.processor.js';
import { HelloWorldK8sProcessor } from '../processors/hello-world/hello-world.processor.js';
import { clusterWith } from '../testing/cluster-view.js';

@Injectable()
@Processor('test.CustomProcessor', 'test.Alias')
class CustomProcessor implements ProcessorInterface {
  readonly mainContainerName = 'custom';
  describe(process: ConfiguredProcess) {
    return describeFromMetadata(process as ConfiguredProcess<{ metadata?: Record<string, unknown> }>);
  }
  makePodSpec() {
    return { containers: [] };
  }
}

const generic = 'pygeoapi_k8s_manager.process.GenericImageProcessor';
const helloWorld = 'pygeoapi_k8s_manager.process.HelloWorldK8sProcessor';

async function registryOf(
  processors: Record<string, object>,
  more: Provider[] = [],
  manager: object = {},
): Promise<ProcessRegistry> {
  const processes = Object.entries(processors).map(([id, processor]) => ({
    id,
    path: `resources.${id}.processor`,
    processor,
  }));
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [
      ProcessRegistry,
      GenericImageProcessor,
      HelloWorldK8sProcessor,
      CustomProcessor,
      ...more,
      {
        provide: Configuration,
        useValue: { file: 'config.yaml', processes, server: { manager: { pods: {}, ...manager } } },
      },
    ],
  }).compile();
  await module.init();
  return module.get(ProcessRegistry);
}

async function faultsOf(processors: Record<string, object>): Promise<Record<string, string>> {
  const error: unknown = await registryOf(processors).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw error ?? new Error('There was no fault.');
  return Object.fromEntries(error.faults.map(({ path, message }) => [path, message]));
}

describe('ProcessRegistry', () => {
  it('builds the processes in the order of the file, under every name of their processors', async () => {
    const registry = await registryOf({
      zulu: { name: helloWorld },
      alpha: {
        name: 'pygeoapi_kubernetes_manager.process.generic_image.GenericImageProcessor',
        default_image: 'python',
      },
      custom: { name: 'test.Alias', anything: { goes: true } },
    });
    expect(
      registry
        .list()
        .map(({ id, requiresToken, mainContainerName, mimetype }) => [id, requiresToken, mainContainerName, mimetype]),
    ).toEqual([
      ['zulu', false, 'hello-world-k8s', 'application/json'],
      ['alpha', true, 'generic-image-processor', 'application/json'],
      ['custom', true, 'custom', 'application/json'],
    ]);
    expect(registry.get('zulu')).toBe(registry.find('zulu'));
    expect(registry.find('toString')).toBeUndefined();
    expect(() => registry.get('none')).toThrow(ProcessNotFoundError);
  });

  it.each(['pygeoapi_kubernetes_papermill.ArgoProcessor', 'pygeoapi_kubernetes_papermill.argo.ArgoProcessor'])(
    'leaves out processes of %s, names each once, and serves the others',
    async (name) => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      try {
        const registry = await registryOf({
          workflow: { name, workflow_template: 'make-tiles' },
          hello: { name: helloWorld },
        });
        expect(registry.list().map(({ id }) => id)).toEqual(['hello']);
        expect(registry.find('workflow')).toBeUndefined();
        expect(warn.mock.calls).toEqual([
          [
            'config.yaml: resources.workflow.processor: is not served: it starts an Argo Workflow from a WorkflowTemplate, ' +
              'which no Kubernetes Job can stand for. Describe its image as a process of its own (docs/migration.md)',
          ],
        ]);
      } finally {
        warn.mockRestore();
      }
    },
  );

  describe('inputs that a process does not describe', () => {
    const image = { name: generic, default_image: 'a', metadata: { inputs: { a: { schema: {} } } } };
    const takes = async (processor: object, manager?: object) => {
      const process = (await registryOf({ image: { ...image, ...processor } }, [], manager)).get('image');
      const { inputs, faults } = process.validateInputs({ a: 1, other: { b: [2] } });
      return faults.length === 0 ? inputs : faults.map(({ pointer }) => pointer);
    };

    it('pass where neither the process nor the manager says otherwise, as with the predecessor', async () => {
      expect(await takes({})).toEqual({ a: 1, other: { b: [2] } });
    });

    it('pass or are refused as the process says, else as the manager says', async () => {
      expect(await takes({ undeclared_inputs: 'refuse' })).toEqual(['/inputs/other']);
      expect(await takes({}, { undeclaredInputs: 'refuse' })).toEqual(['/inputs/other']);
      expect(await takes({ undeclared_inputs: 'pass' }, { undeclaredInputs: 'refuse' })).toHaveProperty('other');
      expect(await takes({ undeclared_inputs: 'refuse' }, { undeclaredInputs: 'pass' })).toEqual(['/inputs/other']);
    });

    it('are refused where no job could use them, whatever the manager says; that the process is to pass them is a fault', async () => {
      const hello = (await registryOf({ hello: { name: helloWorld } }, [], { undeclaredInputs: 'pass' })).get('hello');
      expect(hello.validateInputs({ name: 'x', colour: 'red' }).faults).toEqual([
        { pointer: '/inputs/colour', message: 'is no input of process hello; known are name, message' },
      ]);
      expect(await faultsOf({ hello: { name: helloWorld, undeclared_inputs: 'pass' } })).toEqual({
        'resources.hello.processor.undeclared_inputs': `must not be pass: jobs of "${helloWorld}" can make use of no inputs but those that it describes`,
      });
    });

    it('must be passed or refused', async () => {
      expect(await faultsOf({ image: { ...image, undeclared_inputs: 'perhaps' } })).toEqual({
        'resources.image.processor.undeclared_inputs': 'must be one of pass, refuse (is "perhaps")',
      });
    });
  });

  it('describes hello-world’s result in the shape that the configuration chooses', async () => {
    const registry = await registryOf({
      old: { name: helloWorld },
      new: { name: helloWorld, result_shape: 'result', mimetype: 'text/plain' },
    });
    const required = ['old', 'new'].map((id) => registry.get(id).description.outputs['echo']?.schema);
    expect(required).toEqual([
      expect.objectContaining({ required: ['id', 'value'] }),
      expect.objectContaining({ required: ['result'] }),
    ]);
    const execution = { jobId: '99755242-31af-11f0-80bd-0255ac10006c', inputs: { name: 'x' } };
    const { containers } = await registry.get('new').makePodSpec(execution, clusterWith());
    expect(containers[0]?.args?.[0]).toContain(
      `application/json\nPYGEOAPI_K8S_MANAGER_RESULT_START\n{"result":"Hello 'x'!"}`,
    );
    expect(await faultsOf({ hello: { name: helloWorld, result_shape: 'value' } })).toEqual({
      'resources.hello.processor.result_shape': 'must be one of output, result (is "value")',
    });
  });

  it('describes hello-world itself where the configuration does not, and by the metadata where it does', async () => {
    const registry = await registryOf({
      plain: { name: helloWorld },
      own: {
        name: helloWorld,
        metadata: {
          id: 'ignored',
          version: 0.2,
          title: { en: 'Hi' },
          inputs: { name: { schema: {}, metadata: null } },
        },
      },
    });
    expect(registry.get('plain').description).toMatchObject({
      id: 'plain',
      title: 'Hello World',
      jobControlOptions: ['async-execute'],
      outputTransmission: ['value', 'reference'],
      links: [],
    });
    expect(registry.get('own').description).toMatchObject({
      id: 'own',
      version: '0.2',
      title: { en: 'Hi' },
      inputs: { name: { schema: {} } },
    });
    expect(Object.keys(registry.get('own').description.outputs)).toEqual(['echo']);
  });

  it('takes the media type from the definition, else from the only output', async () => {
    const one = { a: { schema: { type: 'string', contentMediaType: 'text/csv' } } };
    const registry = await registryOf({
      defined: { name: 'test.Alias', mimetype: 'image/png', metadata: { outputs: one } },
      only: { name: 'test.Alias', metadata: { outputs: one } },
      several: { name: 'test.Alias', metadata: { outputs: { ...one, b: one.a } } },
    });
    expect(registry.list().map(({ mimetype }) => mimetype)).toEqual(['image/png', 'text/csv', 'application/json']);
  });

  it('keeps the security contexts of the definition, unset apart from null', async () => {
    const registry = await registryOf({
      set: { name: 'test.Alias', pod_security_context: null, container_security_context: { privileged: true } },
      unset: { name: helloWorld },
    });
    expect(registry.get('set')).toMatchObject({
      podSecurityContext: null,
      containerSecurityContext: { privileged: true },
    });
    expect(registry.get('unset').podSecurityContext).toBeUndefined();
  });

  it('makes the pod of an execution', async () => {
    const registry = await registryOf({
      image: { name: generic, default_image: 'python', command: ['python', 'run.py'] },
      hello: { name: helloWorld, default_image: 'bash', mimetype: 'text/plain' },
    });
    const execution = { jobId: '1', inputs: { name: 'World' } };
    expect(await registry.get('image').makePodSpec(execution, clusterWith())).toEqual({
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      enableServiceLinks: false,
      containers: [{ name: 'generic-image-processor', image: 'python', command: ['python', 'run.py'] }],
    });
    expect(await registry.get('hello').makePodSpec(execution, clusterWith())).toEqual({
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      enableServiceLinks: false,
      containers: [
        {
          name: 'hello-world-k8s',
          image: 'bash',
          command: ['/bin/sh', '-c', `set -e\nprintf '%s' "$@"`, 'hello-world'],
          args: ['PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain\nPYGEOAPI_K8S_MANAGER_RESULT_START\nHello World!\n'],
        },
      ],
    });
  });

  it('lists the known processors where a name is unknown', async () => {
    const faults = await faultsOf({ one: { name: 'EchoProcessor' } });
    expect(faults['resources.one.processor.name']).toMatch(
      /^must be the name of a processor: .*test\.Alias.* \(is "EchoProcessor"\)$/,
    );
  });

  it('tells the faults of all processes at once', async () => {
    const value = (schema: unknown) => ({ metadata: { inputs: { a: { schema } } } });
    const faults = await faultsOf({
      image: { name: generic },
      reserved: { name: generic, default_image: 'a', env: [{ name: 'PYGEOAPI_JOB_ID', value: 1 }] },
      storage: { name: generic, default_image: 'a', storage: [{ name: 'data', mount_path: 'relative' }] },
      common: { name: 'test.Alias', check_auth: 'no', mimetype: 'json' },
      schema: { name: 'test.Alias', ...value({ type: 'text' }) },
      byDefault: { name: 'test.Alias', ...value({ type: 'string', default: 5 }) },
      occurs: { name: 'test.Alias', metadata: { inputs: { a: { schema: {}, minOccurs: 3, maxOccurs: 2 } } } },
      described: {
        name: 'test.Alias',
        metadata: { title: 5, jobControlOptions: ['sync'], outputs: { a: {} }, links: [{ href: 'x' }] },
      },
    });
    const inResources = Object.fromEntries(
      Object.entries(faults).map(([path, message]) => [path.replace('resources.', ''), message]),
    );
    expect(inResources).toEqual({
      'image.processor.default_image': expect.any(String),
      'reserved.processor.env[0].name': expect.stringContaining('the server sets them'),
      'storage.processor.storage[0].name': expect.stringContaining(
        'must stand beside either persistent_volume_claim_name or empty_dir',
      ),
      'storage.processor.storage[0].mount_path': expect.stringContaining('must be an absolute path'),
      'common.processor.check_auth': expect.stringContaining('boolean'),
      'common.processor.mimetype': expect.stringContaining('must be a media type'),
      'schema.processor.metadata.inputs.a.schema': expect.stringContaining(
        'must be a JSON Schema, draft 2020-12 (schema is invalid: data/type',
      ),
      'byDefault.processor.metadata.inputs.a.schema.default': 'must be a string',
      'occurs.processor.metadata.inputs.a.minOccurs': 'must not be more than maxOccurs (is 3, maxOccurs is 2)',
      'described.processor.metadata.title': expect.stringContaining('must be a string, or must be an object'),
      'described.processor.metadata.jobControlOptions[0]': 'must be one of "sync-execute", "async-execute", "dismiss"',
      'described.processor.metadata.outputs.a.schema': 'is missing; it is required',
      'described.processor.metadata.links[0].rel': 'is missing; it is required',
    });
  });

  it('warns of unknown keys, references that are not fetched, and examples that cannot be executed', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      await registryOf({
        image: {
          name: generic,
          default_image: 'a',
          undeclared_inputs: 'refuse',
          colour: 'red',
          metadata: {
            inputs: { a: { schema: { $ref: 'https://example.org/a.json' } } },
            example: { inputs: { a: 1, b: 2, token: 'abc' } },
          },
        },
      });
      expect(warn.mock.calls.map(([message]) => message as string)).toEqual([
        'config.yaml: resources.image.processor.colour: is not known to this processor and has no effect',
        'config.yaml: resources.image.processor.metadata.inputs.a.schema: "$ref": "https://example.org/a.json" is not fetched: what it asks for is not checked',
        'config.yaml: resources.image.processor.metadata.example.inputs.b: is no input of process image; known are a; the example is not offered for trying out',
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it('refuses two processors of one name', async () => {
    @Injectable()
    @Processor('test.Alias')
    class Impostor extends CustomProcessor {}
    const error: unknown = await registryOf({}, [Impostor]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toBe(
      'config.yaml: resources: Two processors have the name test.Alias: CustomProcessor and Impostor.',
    );
  });

  it('finds a processor that a factory makes, with what it injects', async () => {
    class Made extends CustomProcessor {
      constructor(readonly configuration: Configuration) {
        super();
      }
    }
    Processor('test.Made')(Made);
    const provider = {
      provide: 'made',
      inject: [Configuration],
      useFactory: (configuration: Configuration) => new Made(configuration),
    };
    const registry = await registryOf({ made: { name: 'test.Made' } }, [provider]);
    expect(registry.get('made').mainContainerName).toBe('custom');
  });

  it('refuses a processor that is made anew for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @Processor('test.PerRequest')
    class PerRequest extends CustomProcessor {}
    await expect(registryOf({}, [PerRequest])).rejects.toThrow(
      'config.yaml: resources: processor test.PerRequest (PerRequest) must be a singleton',
    );
  });

  it('warns of a processor without a name of its own', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      @Injectable()
      class Nameless extends CustomProcessor {}
      await registryOf({}, [Nameless]);
      expect(warn.mock.calls.map(([message]) => message as string)).toEqual([
        "Nameless extends a processor but has no name of its own: decorate it with @Processor('name')",
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
