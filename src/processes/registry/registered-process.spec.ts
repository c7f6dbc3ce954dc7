import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { InputsTooLargeError, InvalidRequestError, MisconfiguredError } from '../../ogc/domain-errors.js';
import { buildProcess, type AnyProcessor } from './build-process.js';
import { parseJson } from '../../json/parse-json.js';
import type { AccessRequest, Execution, JobResult, PrintedResult } from '../processor.js';
import { describeFromMetadata } from '../description/process-metadata.js';
import type { RegisteredProcess } from './registered-process.js';
import { plainProcessor } from '../testing/process-fixture.js';
import { clusterWith } from '../testing/cluster-view.js';

function build(more: object, definition: object = {}) {
  const processor = { ...plainProcessor, ...more } as unknown as AnyProcessor;
  const section = { name: 'my.Processor', ...definition };
  return buildProcess(processor, { id: 'buffer', path: 'resources.buffer.processor', processor: section }, 'c.yaml');
}

function processOf(more: object, definition: object = {}): RegisteredProcess {
  const { process, faults } = build(more, definition);
  if (!process) throw new Error(JSON.stringify(faults));
  return process;
}

const execution = { jobId: '1', inputs: { list: [1] } };
const asking: AccessRequest = { operation: 'execute', hasApiToken: false, headers: { 'x-user': 'zoe' } };

let logged: jest.SpiedFunction<Logger['error']>;
beforeEach(() => {
  logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
});
afterEach(() => logged.mockRestore());

describe('inputs that are too large for an environment variable', () => {
  it.each<[string, object, object, string]>([
    ['are refused', {}, {}, 'refuse'],
    ['go by address where the definition says so', {}, { large_inputs: 'url' }, 'url'],
    ['go by address where the processor says so', { readsLargeInputs: () => true }, {}, 'url'],
    [
      'are refused where the definition says so',
      { readsLargeInputs: () => true },
      { large_inputs: 'refuse' },
      'refuse',
    ],
    [
      'go as the definition says where the processor leaves it open',
      { readsLargeInputs: () => undefined },
      { large_inputs: 'url' },
      'url',
    ],
    ['never go by address where the processor says so', { readsLargeInputs: () => false }, {}, 'never'],
  ])('%s', (_what, processor, definition, expected) => {
    expect(processOf(processor, definition).largeInputs).toBe(expected);
  });

  it('are a fault of the configuration where the definition has what its processor cannot, or no known word', () => {
    expect(build({ readsLargeInputs: () => false }, { large_inputs: 'url' }).faults).toEqual([
      {
        path: 'resources.buffer.processor.large_inputs',
        message: 'must not be url: containers of "my.Processor" do not read their inputs from an address',
      },
    ]);
    expect(build({}, { large_inputs: 'href' }).faults).toEqual([
      { path: 'resources.buffer.processor.large_inputs', message: expect.stringContaining('url, refuse') },
    ]);
    expect(build({ readsLargeInputs: true }).faults).toMatchObject([
      { message: expect.stringContaining('has a readsLargeInputs that is no method') },
    ]);
  });

  it('are told before a pod is made that could not start', async () => {
    const makePodSpec = () => ({ containers: [{ name: 'main', image: 'image', args: ['x'.repeat(200_000)] }] });
    await expect(processOf({ makePodSpec }).makePodSpec(execution, clusterWith())).rejects.toThrow(InputsTooLargeError);
  });
});

describe('mistakes in a definition', () => {
  it('are told together: those of its keys, of its description, of its schemas', () => {
    const inputs = { x: { schema: { type: 'text' } }, y: { schema: 1 } };
    const outputs = { z: { schema: { type: 'integer', minimum: 'one' } } };
    const pathsOf = (definition: object) =>
      build({ describe: describeFromMetadata }, definition).faults.map(({ path }) => path);
    const described = ['metadata.inputs.y.schema', 'metadata.inputs.x.schema', 'metadata.outputs.z.schema'];
    const paths = described.map((path) => `resources.buffer.processor.${path}`);
    expect(pathsOf({ metadata: { inputs, outputs } })).toEqual(paths);
    expect(pathsOf({ check_auth: 'perhaps', metadata: { inputs, outputs } })).toEqual([
      'resources.buffer.processor.check_auth',
      ...paths,
    ]);
  });
});

describe('notes on a job', () => {
  it('are what the processor says, asked with a copy of the inputs', async () => {
    const inputs = { list: [1] };
    const notes = async (_: unknown, given: typeof execution) => {
      given.inputs.list.push(2);
      return { messages: { size: String(given.inputs.list.length) }, labels: { runtime: 'fargate' } };
    };
    expect(await processOf({ notes }).notes({ jobId: '1', inputs })).toEqual({
      messages: { size: '2' },
      labels: { runtime: 'fargate' },
    });
    expect(inputs.list).toEqual([1]);
  });

  it('are none without the method, and a failure of the processor where they are wrong', async () => {
    expect(await processOf({}).notes(execution)).toEqual({});
    const wrong = processOf({ notes: () => ({ messages: { identifier: 'mine' } }) });
    await expect(wrong.notes(execution)).rejects.toThrow(MisconfiguredError);
    expect(logged.mock.calls.flat().join()).toContain('under the key "identifier"');
  });
});

describe('what everybody may read of a failure', () => {
  it('is what the processor says of the last lines; nothing without the method', () => {
    const process = processOf({ explainFailure: (_: unknown, lines: string) => `${lines}${'!'.repeat(600)}` });
    expect(process.explainFailure('Too hot')).toBe(`Too hot${'!'.repeat(493)}`);
    expect(processOf({}).explainFailure('Too hot')).toBeUndefined();
  });

  it.each([
    ['it returned 5', () => 5],
    [
      'no idea',
      () => {
        throw new Error('no idea');
      },
    ],
  ])('is nothing where the processor fails, which is logged: %s', (_reason, explainFailure) => {
    expect(processOf({ explainFailure }).explainFailure('Too hot')).toBeUndefined();
    expect(logged.mock.calls.flat().join()).toMatch(/failed to explain a failure: .*(no idea|returned number)/);
  });
});

describe('the pod of an execution', () => {
  it('is asked for with a copy of the inputs', async () => {
    const inputs = { list: [1] };
    const process = processOf({
      validate: (_: unknown, given: typeof execution) => (given.inputs.list.push(2), []),
      makePodSpec: async (_: unknown, given: typeof execution) => {
        given.inputs.list.push(3);
        return { containers: [{ name: 'main', image: String(given.inputs.list) }] };
      },
    });
    expect((await process.makePodSpec({ jobId: '1', inputs }, clusterWith())).containers[0]?.image).toBe('1,3');
    expect(inputs).toEqual({ list: [1] });
  });

  it('is asked for with numbers as JavaScript has them, and with the text that the container gets', async () => {
    const inputs = parseJson('{"id": 12345678901234567890, "one": 1.0, "__proto__": {"x": 2}}') as object;
    const process = processOf({
      makePodSpec: (_: unknown, { inputs: given, inputsJson }: Execution) => ({
        containers: [{ name: 'main', image: `${JSON.stringify(given)} ${inputsJson}` }],
      }),
    });
    const { containers } = await process.makePodSpec({ jobId: '1', inputs: { ...inputs } }, clusterWith());
    expect(containers[0]?.image).toBe(
      '{"id":12345678901234567000,"one":1,"__proto__":{"x":2}} {"id":12345678901234567890,"one":1.0,"__proto__":{"x":2}}',
    );
  });

  it('is not asked for where the processor finds faults', async () => {
    const makePodSpec = jest.fn();
    const faults = [{ pointer: '/inputs/list', message: 'must be sorted' }];
    const process = processOf({ validate: async () => faults, makePodSpec });
    const error = new InvalidRequestError('The execute request does not fit process "buffer".', faults);
    await expect(process.makePodSpec(execution, clusterWith())).rejects.toEqual(error);
    expect(makePodSpec).not.toHaveBeenCalled();
  });

  it.each([['wrong'], [[{ pointer: 5, message: '' }]], [[null]], [true]])(
    'fails where validate returns %j',
    async (faults) => {
      await expect(processOf({ validate: () => faults }).makePodSpec(execution, clusterWith())).rejects.toThrow(
        'failed to check the inputs',
      );
      expect(logged.mock.calls[0]?.[0]).toContain('must return a list of faults');
    },
  );
});

describe('access', () => {
  it.each([
    ['open to everybody, whatever the processor says', { checkAuth: () => false }, { check_auth: false }, false, true],
    ['by the API token', {}, {}, true, true],
    ['refused without the API token', {}, {}, false, false],
    ['as the processor decides, against the token', { checkAuth: async () => false }, {}, true, false],
    [
      'as the processor decides, by a header',
      { checkAuth: (_: unknown, { headers }: AccessRequest) => headers['x-user'] === 'zoe' },
      {},
      false,
      true,
    ],
  ])('is %s', async (_, more, definition, hasApiToken, expected) => {
    const process = processOf(more, definition);
    expect(await process.isGranted({ ...asking, hasApiToken })).toBe(expected);
    expect(process.checksAccess).toBe('checkAuth' in more);
  });

  it.each([['yes'], [1], [undefined], [{}]])('is refused as a failure where checkAuth returns %j', async (granted) => {
    const process = processOf({ checkAuth: () => granted });
    await expect(process.isGranted({ ...asking, hasApiToken: true })).rejects.toThrow(MisconfiguredError);
  });
});

describe('the result', () => {
  const hi = { mediaType: 'text/plain', size: 2, body: () => Readable.from(['hi']) };
  const printed: JobResult = { unnamed: hi, named: new Map([['log', hi]]) };

  it('is what was printed, unless the processor makes another', async () => {
    expect(await processOf({}).results('1', printed)).toBe(printed);
    expect(
      await processOf({ results: (_: unknown, __: unknown, same: unknown) => same }).results('1', printed),
    ).toEqual(printed);
    expect(await processOf({ results: () => undefined }).results('1', printed)).toEqual({ named: printed.named });
    const { unnamed } = await processOf({ results: async () => ({ mediaType: 'text/csv', body: 'ä' }) }).results('1', {
      named: new Map(),
    });
    expect([unnamed?.mediaType, unnamed?.size, unnamed && (await text(unnamed.body()))]).toEqual(['text/csv', 2, 'ä']);
  });

  it('may be several, some made and some as they were', async () => {
    const results = (_: unknown, { outputs }: { outputs: Record<string, PrintedResult> }) => ({
      outputs: { ...outputs, made: { mediaType: 'text/csv', body: 'ä' }, none: undefined },
    });
    const made = await processOf({ results }).results('1', printed);
    expect([made.unnamed, [...made.named.keys()], made.named.get('log')]).toEqual([undefined, ['log', 'made'], hi]);
  });

  it.each([
    ['text'],
    [{ mediaType: 'csv', body: '' }],
    [{ mediaType: 'a/b\r\nx: y', body: '' }],
    [{ mediaType: 'text/plain; title=–', body: '' }],
    [{ mediaType: 'text/csv', body: 5 }],
    [{ outputs: { one: { mediaType: 'text/csv' } } }],
    [{ outputs: [] }],
  ])('fails where the processor returns %j', async (result) => {
    await expect(processOf({ results: () => result }).results('1', printed)).rejects.toThrow(
      'failed to give the result',
    );
  });
});

describe('what was printed', () => {
  it.each([
    ['is read to a part', (_: unknown, __: unknown, { body }: PrintedResult) => (body().read(1), undefined)],
    [
      'is read by a processor that fails',
      (_: unknown, { outputs }: { outputs: Record<string, PrintedResult> }) => {
        outputs['log']?.body();
        throw new Error('no');
      },
    ],
  ])('is closed where it %s', async (_, results) => {
    const stream = Readable.from([Buffer.from('hi')]);
    const result = { mediaType: 'text/plain', size: 2, body: () => stream };
    await processOf({ results })
      .results('1', { unnamed: result, named: new Map([['log', { ...result }]]) })
      .catch(() => undefined);
    expect(stream.destroyed).toBe(true);
  });
});

describe('a dismissal', () => {
  it('is told to the processor, whose failure is logged only', async () => {
    const onDismiss = jest.fn((..._: unknown[]) => Promise.reject(new Error('gone')));
    await processOf({ onDismiss }).onDismiss({ jobId: '1', status: 'running' });
    expect(onDismiss).toHaveBeenCalledWith(expect.objectContaining({ id: 'buffer' }), {
      jobId: '1',
      status: 'running',
    });
    expect(logged.mock.calls[0]?.[0]).toContain('failed to tidy up after a dismissal: Error: gone');
    await processOf({}).onDismiss({ jobId: '1', status: 'running' });
  });
});

describe('a processor that cannot be used', () => {
  const path = 'resources.buffer.processor';
  it.each([
    [{ makePodSpec: undefined }, 'lacks makePodSpec() (class Object)'],
    [{ mainContainerName: 5, describe: 'x' }, 'lacks the text mainContainerName and describe() (class Object)'],
    [{ checkAuth: true }, 'has a checkAuth that is no method (class Object)'],
  ])('says what is missing: %j', (more, message) => {
    expect(build(more).faults).toEqual([{ path, message: `names the processor "my.Processor", which ${message}` }]);
  });

  it('says that it failed to describe the process', () => {
    const describeProcess = () => {
      throw new Error('no metadata');
    };
    expect(build({ describe: describeProcess }).faults).toEqual([
      {
        path,
        message: expect.stringMatching(
          /^names the processor "my.Processor", which failed to describe the process: Error: no metadata\n +at /,
        ),
      },
    ]);
    const later = build({ describe: () => Promise.reject(new Error('later')) });
    expect(later.faults).toEqual([
      { path, message: 'names the processor "my.Processor", whose describe() must not be asynchronous' },
    ]);
  });

  it('takes no time limit that is none', () => {
    expect(build({}, { processor_timeout_seconds: 0 }).faults.map((fault) => fault.path)).toEqual([
      `${path}.processor_timeout_seconds`,
    ]);
  });
});
