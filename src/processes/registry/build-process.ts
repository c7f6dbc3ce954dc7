import { ConfigurationError, type ConfigurationFault } from '../../config/configuration-error.js';
import type { PodSettings, ProcessResource, UndeclaredInputs } from '../../config/configuration.js';
import { toPodSettings } from '../../config/sections/pod-settings.js';
import { joinPath } from '../../config/paths.js';
import { isMapping, validateDefinition } from '../../config/validation.js';
import { defaultFaults, type CheckedInput } from '../request/input-validation.js';
import {
  configurationFault,
  descriptionFaults,
  describeFromMetadata,
  withoutOpenApiDialect,
} from '../description/process-metadata.js';
import type { ProcessDescription } from '../description/process-description.js';
import type { JsonSchema } from '../schema/json-schema.js';
import type { CommonDefinition, ConfiguredProcess, ProcessorInterface } from '../processor.js';
import { type After, DEFAULT_PROCESSOR_TIMEOUT_SECONDS, ProcessorCalls } from './processor-calls.js';
import { ProcessorDefinition } from './processor-definition.js';
import type { PodSettingsLayers } from './pod-settings.js';
import { RegisteredProcess } from './registered-process.js';
import { undescribedInputs } from './undescribed-inputs.js';
import { type SchemaCheck, SchemaCompiler } from '../schema/schema-compiler.js';

export type AnyProcessor = ProcessorInterface<CommonDefinition>;

/** A process of the configuration, or the faults for which there is none; warnings do not keep it from being used. */
export interface BuiltProcess {
  readonly process?: RegisteredProcess;
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly ConfigurationFault[];
}

/** An entry of the configuration whose definition is valid, with the processor that it names. */
export interface ConfiguredEntry {
  readonly processor: AnyProcessor;
  readonly resource: ProcessResource;
  readonly process: ConfiguredProcess<CommonDefinition>;
  readonly calls: ProcessorCalls;
  readonly pods: PodSettingsLayers;
}

/** What checked entries and processes share. */
export interface BuildContext {
  readonly compiler: SchemaCompiler;
  readonly after?: After;
  /** For pods of processes that do not say otherwise; default: none. */
  readonly podDefaults?: PodSettings;
  /** Of processes that do not say it; default `pass`. */
  readonly undeclaredInputs?: UndeclaredInputs;
}

/** Validates a definition, has the processor describe the process, and compiles the schemas of its inputs and outputs. */
export function buildProcess(
  processor: AnyProcessor,
  resource: ProcessResource,
  file: string,
  compiler: SchemaCompiler = new SchemaCompiler(),
  after?: After,
  podDefaults: PodSettings = {},
): BuiltProcess {
  const context = { compiler, after, podDefaults };
  const { entry, faults, warnings } = readEntry(processor, resource, file, context);
  if (!entry) return { faults, warnings };
  const built = describeProcess(entry, entry.process, context);
  return { ...built, warnings: [...warnings, ...built.warnings] };
}

/** Whether the processor is one, and the definition valid. */
export function readEntry(
  processor: AnyProcessor,
  resource: ProcessResource,
  file: string,
  context: BuildContext,
): Omit<BuiltProcess, 'process'> & { readonly entry?: ConfiguredEntry } {
  const lacking = interfaceFaults(processor, resource);
  if (lacking.length > 0) return { faults: lacking, warnings: [] };
  const { definition, podSettings, faults, warnings } = readDefinition(processor, resource, file);
  if (faults.length > 0) return { faults: [...faults, ...metadataFaults(resource, context.compiler)], warnings };
  const process = { id: resource.id, definition };
  const pods = { own: podSettings, defaults: context.podDefaults ?? {} };
  const calls = callsOf(resource, process, context);
  return { entry: { processor, resource, process, calls, pods }, faults, warnings };
}

/** Has the processor of an entry describe one of its processes. */
export function describeProcess(
  { processor, resource, pods }: Pick<ConfiguredEntry, 'processor' | 'resource' | 'pods'>,
  process: ConfiguredProcess<CommonDefinition>,
  context: BuildContext,
): BuiltProcess {
  const metadata = `${resource.path}.metadata`;
  const description = describe(() => processor.describe(process), resource, context.compiler);
  if (Array.isArray(description)) return { faults: besideMetadata(description, resource), warnings: [] };

  const compiled = compileSchemas(context.compiler, description, metadata);
  const { warnings } = compiled;
  if (compiled.faults.length > 0) return { faults: besideMetadata(compiled.faults, resource), warnings };
  const built = attempt(
    () => {
      const schemas = { ...compiled, undescribed: undescribedInputs(processor, process, context) };
      return new RegisteredProcess(processor, process, description, schemas, callsOf(resource, process, context), pods);
    },
    resource.path,
    `names the processor "${resource.processor.name}", which failed to say whether a token is asked for, or how it takes its inputs`,
  );
  if (Array.isArray(built)) return { faults: built, warnings };
  if (process.definition.undeclared_inputs === 'pass' && !built.takesUndescribed) {
    const message = `must not be pass: jobs of "${resource.processor.name}" can make use of no inputs but those that it describes`;
    return { faults: [{ path: `${resource.path}.undeclared_inputs`, message }], warnings };
  }
  if (built.largeInputs === 'never' && process.definition.large_inputs === 'url') {
    const message = `must not be url: containers of "${resource.processor.name}" do not read their inputs from an address`;
    return { faults: [{ path: `${resource.path}.large_inputs`, message }], warnings };
  }
  warnings.push(...exampleWarnings(built, metadata));
  return { process: built, faults: [], warnings };
}

/** Where a key of the description stands in the section itself, as pygeoapi-kubernetes-papermill has it, its faults do, too. */
function besideMetadata(
  faults: readonly ConfigurationFault[],
  { path, processor }: ProcessResource,
): ConfigurationFault[] {
  const metadata = isMapping(processor.metadata) ? processor.metadata : {};
  return faults.map((fault) => {
    const [, key, rest = ''] = /^([^.[]+)(.*)$/s.exec(fault.path.slice(`${path}.metadata.`.length)) ?? [];
    const isBeside = key !== undefined && Object.hasOwn(processor, key) && !Object.hasOwn(metadata, key);
    return isBeside ? { ...fault, path: `${path}.${key}${rest}` } : fault;
  });
}

function callsOf(
  { processor }: ProcessResource,
  { id, definition }: ConfiguredProcess<CommonDefinition>,
  { after }: BuildContext,
): ProcessorCalls {
  const seconds = definition.processor_timeout_seconds ?? DEFAULT_PROCESSOR_TIMEOUT_SECONDS;
  return new ProcessorCalls(processor.name, id, seconds, after);
}

interface ReadDefinition {
  readonly definition: CommonDefinition;
  readonly podSettings: PodSettings;
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: ConfigurationFault[];
}

/** The keys that every definition has are checked whatever class the processor brings, if any. */
function readDefinition(
  processor: AnyProcessor,
  { processor: section, path }: ProcessResource,
  file: string,
): ReadDefinition {
  const base = validateDefinition(ProcessorDefinition, section, file, path);
  // Of the base class, whatever the processor's own makes of these keys. A copy: what is made of it is not to change the configuration.
  const podSettings = base.faults.length === 0 ? structuredClone(toPodSettings(base.value)) : {};
  if (!processor.definitionClass)
    return { definition: section as CommonDefinition, podSettings, faults: base.faults, warnings: [] };
  const own = validateDefinition(processor.definitionClass, section, file, path);
  const faults = [
    ...own.faults,
    ...base.faults.filter((fault) => !own.faults.some((other) => other.path === fault.path)),
  ];
  const warnings = own.unknownKeys
    .filter((key) => base.unknownKeys.includes(key))
    .map((key) => ({ path: key, message: 'is not known to this processor and has no effect' }));
  return { definition: own.value, podSettings, faults, warnings };
}

const REQUIRED_METHODS = ['describe', 'makePodSpec'];
const OPTIONAL_METHODS = [
  'readsLargeInputs',
  'undescribedInputs',
  'waitsWhereAsked',
  'requiresToken',
  'checkAuth',
  'validate',
  'results',
  'notes',
  'onDismiss',
  'inspect',
  'expand',
  'definitionClass',
];

/** What is missing of the interface: processors need not be written in TypeScript. */
function interfaceFaults(processor: AnyProcessor, { path, processor: { name } }: ProcessResource) {
  const members = processor as unknown as Readonly<Record<string, unknown>>;
  const lacking = [
    ...(typeof members['mainContainerName'] === 'string' ? [] : ['the text mainContainerName']),
    ...REQUIRED_METHODS.filter((method) => typeof members[method] !== 'function').map((method) => `${method}()`),
  ];
  const wrong = OPTIONAL_METHODS.filter((method) => !['undefined', 'function'].includes(typeof members[method]));
  const messages = [
    ...(lacking.length > 0 ? [`lacks ${lacking.join(' and ')}`] : []),
    ...wrong.map((method) => `has a ${method} that is no ${method === 'definitionClass' ? 'class' : 'method'}`),
  ];
  return messages.map((message) => ({
    path,
    message: `names the processor "${name}", which ${message} (class ${processor.constructor.name})`,
  }));
}

function describe(
  make: () => unknown,
  { path, processor: { name } }: ProcessResource,
  compiler: SchemaCompiler,
): ProcessDescription | ConfigurationFault[] {
  const metadata = `${path}.metadata`;
  const description = attempt(make, path, `names the processor "${name}", which failed to describe the process`);
  if (Array.isArray(description)) return description as ConfigurationFault[];
  if (description instanceof Promise) {
    description.catch(() => undefined);
    return [{ path, message: `names the processor "${name}", whose describe() must not be asynchronous` }];
  }
  const faults = descriptionFaults(description, metadata);
  if (faults.length === 0) return withoutOpenApiDialect(description as ProcessDescription);
  return [...faults, ...schemaFaults(compiler, description, metadata)];
}

/** What is wrong with the metadata of a definition that has other faults, so that its processor cannot be asked. */
function metadataFaults(
  { id, path, processor: { metadata } }: ProcessResource,
  compiler: SchemaCompiler,
): ConfigurationFault[] {
  if (!isMapping(metadata)) return [];
  const description = describeFromMetadata({ id, definition: { metadata } });
  const faults = descriptionFaults(description, `${path}.metadata`);
  return [...faults, ...schemaFaults(compiler, description, `${path}.metadata`)];
}

/** Of inputs and outputs of a description that has other faults. */
function schemaFaults(compiler: SchemaCompiler, description: unknown, metadata: string): ConfigurationFault[] {
  const described = (key: string): Record<string, never> => {
    const entries = isMapping(description) && isMapping(description[key]) ? Object.entries(description[key]) : [];
    return Object.fromEntries(entries.filter(([, value]) => isMapping(value) && isMapping(value['schema']))) as never;
  };
  const schemas = { inputs: described('inputs'), outputs: described('outputs') } as unknown as ProcessDescription;
  return compileSchemas(compiler, withoutOpenApiDialect(schemas), metadata).faults;
}

function attempt<T>(make: () => T, path: string, failure: string): T | ConfigurationFault[] {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.faults];
    return [
      { path, message: `${failure}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` },
    ];
  }
}

function compileSchemas(compiler: SchemaCompiler, description: ProcessDescription, metadata: string) {
  const faults: ConfigurationFault[] = [];
  const warnings: ConfigurationFault[] = [];
  const inputs: CheckedInput[] = [];
  const compile = (schema: JsonSchema, path: string) => {
    try {
      const compiled = compiler.compile(schema);
      warnings.push(...compiled.warnings.map((message) => ({ path, message })));
      return compiled.errorsOf;
    } catch (error) {
      faults.push({
        path,
        message: `must be a JSON Schema, draft 2020-12 (${error instanceof Error ? error.message : String(error)})`,
      });
      return undefined;
    }
  };
  for (const [id, input] of Object.entries(description.inputs)) {
    const path = `${joinPath(`${metadata}.inputs`, id)}.schema`;
    const errorsOf = compile(input.schema, path);
    if (!errorsOf) continue;
    const checked = { id, description: input, errorsOf };
    inputs.push(checked);
    faults.push(...defaultFaults(checked).map((fault) => configurationFault(fault, `${path}.default`)));
  }
  const outputs = new Map<string, SchemaCheck>();
  for (const [id, output] of Object.entries(description.outputs)) {
    const errorsOf = compile(output.schema, `${joinPath(`${metadata}.outputs`, id)}.schema`);
    if (errorsOf) outputs.set(id, errorsOf);
  }
  return { inputs, outputs, faults, warnings };
}

/** An example that cannot be executed misleads, but harms nobody: predecessors' files hold some. */
function exampleWarnings(process: RegisteredProcess, metadata: string): ConfigurationFault[] {
  const inputs = process.description.example?.['inputs'];
  if (typeof inputs !== 'object' || inputs === null) return [];
  const { token: _, ...others } = inputs as Record<string, unknown>;
  const { faults } = process.validateInputs(process.requiresToken ? others : { ...inputs });
  return faults.map((fault) => {
    const { path, message } = configurationFault(fault, `${metadata}.example`);
    return { path, message: `${message}; the example is not offered for trying out` };
  });
}
