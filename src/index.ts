/**
 * What a developer of a processor, or of an application around this server, uses. See docs/custom-processors.md.
 *
 * @packageDocumentation
 */
import 'reflect-metadata';

export {
  type AccessRequest,
  type ClusterView,
  type CommonDefinition,
  type ConfiguredProcess,
  type DismissedJob,
  type Execution,
  type ExpandedProcess,
  type Finding,
  type Inspection,
  type JobNotes,
  type MadeResult,
  type MadeResults,
  type PrintedResult,
  Processor,
  type ProcessorInterface,
  type ProcessorResult,
  type SecretName,
} from './processes/processor.js';
export type {
  InputDescription,
  JobControlOption,
  Link,
  OutputDescription,
  ProcessDescription,
  TransmissionMode,
} from './processes/description/process-description.js';
export { ExactNumber } from './json/exact-number.js';
export { parseJson, type ParseJsonOptions } from './json/parse-json.js';
export type { JsonSchema } from './processes/schema/json-schema.js';
export { describeFromMetadata } from './processes/description/process-metadata.js';
export { ProcessorDefinition } from './processes/registry/processor-definition.js';
export { escapeReferences } from './processes/processors/escape-references.js';
export { PodDefinition } from './processes/processors/pod-definition.js';
export { type MainContainer, makePodSpec } from './processes/processors/make-pod-spec.js';
export {
  GenericImageDefinition,
  GenericImageProcessor,
} from './processes/processors/generic-image/generic-image.processor.js';
export {
  HelloWorldDefinition,
  HelloWorldK8sProcessor,
} from './processes/processors/hello-world/hello-world.processor.js';
export { NotebookDefinition } from './processes/processors/papermill-notebook/definition/notebook.definition.js';
export { PapermillNotebookProcessor } from './processes/processors/papermill-notebook/notebook.processor.js';
export {
  ContainerImageDefinition,
  PapermillContainerImageProcessor,
} from './processes/processors/papermill-notebook/container-image.processor.js';

export { InvalidRequestError, type RequestFault, UnauthorizedError, UnavailableError } from './ogc/domain-errors.js';
export { Configuration } from './config/configuration.js';
export { ConfigurationError, type ConfigurationFault } from './config/configuration-error.js';

export { type ProcessesServerAsyncOptions, ProcessesServerModule, type ProcessesServerOptions } from './app.module.js';
export { listen } from './app.js';
export { createServer } from './server.js';
