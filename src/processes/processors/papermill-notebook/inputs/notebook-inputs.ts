import { isMapping } from '../../../../config/validation.js';
import { parseJson } from '../../../../json/parse-json.js';
import type { RequestFault } from '../../../../ogc/domain-errors.js';
import { pointerTo } from '../../../../json/json-pointer.js';
import type { InputDescription } from '../../../description/process-description.js';
import type { Execution } from '../../../processor.js';
import type { NotebookDefinition } from '../definition/notebook.definition.js';
import { namesFile } from './output-path.js';
import { encodeParameters, faultOfEncoded, infiniteNumbers, namesVariable } from './papermill-parameters.js';
import {
  climbs,
  containerFaults,
  containerInputs,
  isAllowed,
  optional,
  plainInputs,
  type ContainerInputs,
} from './request-inputs.js';

type Inputs = Readonly<Record<string, unknown>>;
type GivenInputs = Pick<Execution, 'inputs' | 'inputsJson'>;

/** One argument of a program has at most 32 pages on Linux (MAX_ARG_STRLEN), its final NUL included. */
const MAX_ARGUMENT_BYTES = 32 * 4096 - 1;

/** What a client asks for, as the predecessor named it. */
export interface NotebookRequest extends ContainerInputs {
  readonly notebook: string;
  readonly kernel?: string;
  readonly image?: string;
  readonly output_dirname?: string;
  readonly output_filename?: string;
  readonly git_revision?: string;
  /** Base64 of YAML, in whichever way the client gave them. */
  readonly parameters?: string;
}

const path = { type: 'string', minLength: 1, maxLength: 4096, pattern: '^[^\\u0000]+$' };

/** Inputs of a process that runs any notebook. */
export const notebookInputs: Readonly<Record<string, InputDescription>> = {
  notebook: {
    title: 'Notebook',
    description: 'Path of the notebook file in the job, relative to the home folder /home/jovyan.',
    schema: path,
    minOccurs: 1,
    maxOccurs: 1,
  },
  parameters_json: optional(
    'Parameters',
    'Values for the cell of the notebook that is tagged "parameters", by name. They stand over the input "parameters".',
    { type: 'object' },
  ),
  parameters: optional('Parameters (YAML)', 'The same as base64 of YAML.', {
    type: 'string',
    contentEncoding: 'base64',
  }),
  kernel: optional('Kernel', 'Name of the Jupyter kernel; by default that of the notebook.', {
    type: 'string',
    pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$',
  }),
  image: optional('Image', 'Container image that runs the notebook, where this server allows others than its own.', {
    type: 'string',
    pattern: '^([A-Za-z0-9][A-Za-z0-9._/:@-]*)?$',
    // More than any reference can have; it is compared with a regular expression of whoever runs the server.
    maxLength: 512,
  }),
  output_dirname: optional(
    'Output folder',
    'Folder for the executed notebook, beneath that of the day. Only the last part counts.',
    {
      type: 'string',
    },
  ),
  output_filename: optional('Output file', 'File name of the executed notebook. Only the last part of a path counts.', {
    type: 'string',
  }),
  git_revision: optional('Git revision', 'Branch, tag or commit of the repository that is checked out for the job.', {
    type: 'string',
    pattern: '^([A-Za-z0-9_][A-Za-z0-9_./@^~+-]*)?$',
  }),
  ...containerInputs,
};

/** What a client asks for; the inputs fit their schemas. */
export function readNotebookRequest(
  definition: NotebookDefinition,
  { inputs, inputsJson }: GivenInputs,
): NotebookRequest {
  if (definition.notebook !== undefined)
    return { notebook: definition.notebook, ...parametersOf(exactInputs(inputsJson), schemasOf(definition)) };
  const { parameters_json: parameters, ...plain } = plainInputs(inputs, ['parameters_json']);
  const request = plain as unknown as NotebookRequest;
  if (parameters !== undefined)
    return { ...request, ...parametersOf(exactInputs(inputsJson)['parameters_json'] as Inputs) };
  return request.parameters === undefined ? request : { ...request, parameters: inPythonsAlphabet(request.parameters) };
}

/** What JSON Schema cannot say of the inputs. */
export function notebookFaults(definition: NotebookDefinition, execution: GivenInputs): RequestFault[] {
  const { inputs } = execution;
  const request = readNotebookRequest(definition, execution);
  const given = definition.notebook === undefined && inputs['parameters_json'] === undefined;
  const at = (id: string) => (definition.notebook === undefined ? pointerTo('/inputs', id) : '/inputs');
  const faults: RequestFault[] = [...containerFaults(definition, request)];
  const check = (id: string, wrong: boolean, message: string) => {
    if (wrong) faults.push({ pointer: at(id), message });
  };
  const { notebook, image, output_dirname: dirname, output_filename: filename, git_revision: revision } = request;
  check('notebook', climbs(notebook), 'must be a path without ".."');
  check(
    'image',
    image !== undefined && !isAllowed(definition.allowed_images_regex, image),
    `must be an image that this process allows: ${definition.allowed_images_regex ?? 'it allows none but its own'}`,
  );
  check('output_dirname', dirname !== undefined && !namesFile(dirname), 'must end in the name of a folder');
  check('output_filename', filename !== undefined && !namesFile(filename), 'must end in the name of a file');
  check(
    'git_revision',
    revision !== undefined && !definition.checkout_git_repo,
    'needs a process with a git repository',
  );
  const exact = exactInputs(execution.inputsJson);
  const values = definition.notebook === undefined ? { parameters_json: exact['parameters_json'] } : exact;
  for (const pointer of infiniteNumbers(values, '/inputs'))
    faults.push({
      pointer,
      message: 'must be a number that Python can hold: an integer of at most 4300 digits, or at most 1.8e308',
    });
  const asked = definition.notebook === undefined ? inputs['parameters_json'] : undefined;
  for (const name of isMapping(asked) ? Object.keys(asked) : [])
    if (!namesVariable(name))
      faults.push({ pointer: pointerTo('/inputs/parameters_json', name), message: 'must be the name of a variable' });
  const { parameters = '' } = request;
  const wrong = given && parameters !== '' ? faultOfEncoded(parameters) : undefined;
  check('parameters', wrong !== undefined, wrong ?? '');
  check(
    given ? 'parameters' : 'parameters_json',
    parameters.length > MAX_ARGUMENT_BYTES,
    `must have at most ${MAX_ARGUMENT_BYTES} bytes as base64 of YAML (have ${parameters.length})`,
  );
  return faults;
}

/** Python leaves characters out that are none of its alphabet; the other one (RFC 4648, section 5) has `-` and `_`. */
function inPythonsAlphabet(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('base64');
}

function exactInputs(inputsJson: string): Inputs {
  return parseJson(inputsJson) as Inputs;
}

function parametersOf(
  parameters: Readonly<Record<string, unknown>>,
  schemas: Readonly<Record<string, unknown>> = {},
): { parameters?: string } {
  return Object.keys(parameters).length > 0 ? { parameters: encodeParameters(parameters, schemas) } : {};
}

/** Of the notebook's parameters, by name. */
function schemasOf({ metadata }: NotebookDefinition): Record<string, unknown> {
  const inputs = metadata?.['inputs'];
  if (!isMapping(inputs)) return {};
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, isMapping(input) ? input['schema'] : undefined]),
  );
}
