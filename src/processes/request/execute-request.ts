import { InvalidRequestError, MOST_FAULTS, OutputNotFoundError, type RequestFault } from '../../ogc/domain-errors.js';
import { givenToken } from './given-token.js';
import { parseChosenJobId } from './chosen-job-id.js';
import type { LinkedValue, ValidatedInputs } from './input-validation.js';
import { parseTags } from './tags.js';
import { markFaults, withoutMarked } from './marks.js';
import { offeredFormats } from '../description/output-formats.js';
import type { ProcessDescription, TransmissionMode } from '../description/process-description.js';
import { pointerTo } from '../../json/json-pointer.js';
import { isMapping } from '../../config/validation.js';

/** Far more than any input needs, and far less than what overflows a stack. */
const MAX_DEPTH = 500;

type Members = Readonly<Record<string, unknown>>;

/** What of a process its execute requests are read by. */
export interface RequestedProcess {
  readonly id: string;
  readonly requiresToken: boolean;
  /** Media type of a result where the job does not say its own. */
  readonly mimetype: string;
  readonly description: Pick<ProcessDescription, 'inputs' | 'outputs' | 'outputTransmission'>;
  /** What its clients may choose of queues; absent: nothing. */
  readonly queueChoices?: QueueChoices;
  validateInputs(inputs: Members): ValidatedInputs;
}

/** LocalQueues and WorkloadPriorityClasses of Kueue, by name. */
export interface QueueChoices {
  readonly names: readonly string[];
  readonly priorities: readonly string[];
}

/** The extension member `queue` of an execute request: in which line the job waits, and how urgently. */
export interface RequestedQueue {
  readonly name?: string;
  readonly priority?: string;
}

/** What is asked of one output. */
export interface RequestedOutput {
  readonly transmissionMode?: TransmissionMode;
  /** As sent: `{mediaType, encoding, schema}`. */
  readonly format?: Members;
}

/** Addresses that are told about the job; absolute HTTP(S) URIs. */
export interface Subscriber {
  readonly successUri?: string;
  readonly inProgressUri?: string;
  readonly failedUri?: string;
}

/** A validated execute request (OGC API - Processes 1.0, schema execute.yaml). */
export interface ExecuteRequest {
  /** With defaults filled in, else as sent; without the API token. */
  readonly inputs: Members;
  /** Undefined: all outputs; empty: none. */
  readonly outputs?: Readonly<Record<string, RequestedOutput>>;
  /** Undefined: the request does not say; raw, as a rule. */
  readonly response?: 'raw' | 'document';
  /** The API token, where it came as the predecessor's `token` input. */
  readonly token?: string;
  readonly subscriber?: Subscriber;
  /** The id that the job shall have, a UUID; absent: the server's choice. */
  readonly jobId?: string;
  readonly queue?: RequestedQueue;
  /** What the job is to be found by; absent: nothing. */
  readonly tags?: readonly string[];
  /** Inputs given by link whose values have not been checked yet; absent: none. */
  readonly links?: readonly LinkedValue[];
}

/**
 * The API token that came as the predecessor's `token` input, so that it can be checked before anything else of the body is looked at.
 * Undefined where there is none, where it is no text, or where `token` is an ordinary input of a process that asks for no token.
 */
export function tokenOf(process: RequestedProcess, body: unknown): string | undefined {
  return takesToken(process) ? givenToken(body) : undefined;
}

/** How an execute request is read. */
export interface Reading {
  /**
   * What `"outputs": {}` asks for: all (OGC API - Processes 1.0), or none (2.0 draft, requirement
   * `process-execute-empty-outputs`); default all.
   */
  readonly emptyOutputs?: 'all' | 'none';
  /** What was wrong with the request before it became this body; default nothing. */
  readonly faults?: readonly RequestFault[];
  /** Whether the request has an `Idempotency-Key`; default no. */
  readonly isKeyed?: boolean;
}

/**
 * Reads an execute request.
 * @throws InvalidRequestError with all faults, each with its JSON Pointer into the body; OutputNotFoundError where
 * they are all outputs that there are not
 */
export function parseExecuteRequest(process: RequestedProcess, body: unknown, reading: Reading = {}): ExecuteRequest {
  if (!isMapping(body))
    throw invalid(process, [{ pointer: '', message: 'must be a JSON object with the member inputs' }]);
  if (isDeeperThan(body, MAX_DEPTH))
    throw invalid(process, [{ pointer: '', message: `must not be nested deeper than ${MAX_DEPTH} levels` }]);
  const faults: RequestFault[] = [...(reading.faults ?? [])];
  const token = tokenOf(process, body);
  const given = withoutToken(process, membersOf(body, 'inputs', faults) ?? {});
  const marks = markFaults(process.description.inputs, body, given);
  const validated = process.validateInputs(given);
  for (const fault of validated.faults) faults.push(fault);
  const unknownOutputs: RequestFault[] = [];
  const outputs = parseOutputs(process, body, faults, unknownOutputs, reading.emptyOutputs);
  const response = parseResponse(body, faults);
  const subscriber = parseSubscriber(body, faults);
  const queue = parseQueue(process, body, faults);
  const tags = parseTags(body, faults);
  const jobId = parseChosenJobId(body, reading.isKeyed === true, faults);
  if (marks.length > 0) throw invalid(process, [...marks, ...withoutMarked(faults, marks)]);
  if (faults.length > 0) throw invalid(process, faults, unknownOutputs);
  return {
    inputs: validated.inputs,
    ...(response ? { response } : {}),
    ...(outputs ? { outputs } : {}),
    ...(token !== undefined ? { token } : {}),
    ...(subscriber ? { subscriber } : {}),
    ...(queue ? { queue } : {}),
    ...(tags ? { tags } : {}),
    ...(jobId === undefined ? {} : { jobId }),
    ...(validated.links.length > 0 ? { links: validated.links } : {}),
  };
}

function invalid(
  process: RequestedProcess,
  faults: readonly RequestFault[],
  unknownOutputs: readonly RequestFault[] = [],
): InvalidRequestError {
  const Kind = faults.length === unknownOutputs.length ? OutputNotFoundError : InvalidRequestError;
  return new Kind(`The execute request does not fit process "${process.id}".`, faults);
}

/** `token` is the API token unless it is an input of its own and no API token is asked for. */
export function takesToken(process: RequestedProcess): boolean {
  return process.requiresToken || !Object.hasOwn(process.description.inputs, 'token');
}

function withoutToken(process: RequestedProcess, inputs: Members): Members {
  if (!takesToken(process)) return inputs;
  return Object.fromEntries(Object.entries(inputs).filter(([id]) => id !== 'token'));
}

/**
 * Omitted `outputs` ask for all. A process that declares none says nothing of them: its jobs may give any.
 * @param unknown takes up those of the faults that are about outputs that there are not
 */
function parseOutputs(
  process: RequestedProcess,
  body: Members,
  faults: RequestFault[],
  unknown: RequestFault[],
  empty: Reading['emptyOutputs'] = 'all',
) {
  const named = membersOf(body, 'outputs', faults);
  const outputs = Object.entries(named ?? {});
  if (outputs.length === 0) return named && empty === 'none' ? {} : undefined;
  const known = process.description.outputs;
  return Object.fromEntries(
    outputs.map(([id, output]) => {
      const pointer = pointerTo('/outputs', id);
      // What is not told need not be looked for.
      if (faults.length > MOST_FAULTS) return [id, {}];
      if (Object.keys(known).length > 0 && !Object.hasOwn(known, id)) {
        const message = `is no output of process ${process.id}; known are ${Object.keys(known).join(', ')}`;
        unknown.push({ pointer, message });
        faults.push({ pointer, message });
      }
      return [id, parseOutput(process, id, output, pointer, faults)];
    }),
  );
}

function parseOutput(
  process: RequestedProcess,
  id: string,
  output: unknown,
  pointer: string,
  faults: RequestFault[],
): RequestedOutput {
  if (!isMapping(output)) {
    faults.push({ pointer, message: 'must be an object with transmissionMode or format, or {}' });
    return {};
  }
  const allowed = process.description.outputTransmission;
  const mode = allowed.find((candidate) => candidate === output['transmissionMode']);
  if (output['transmissionMode'] !== undefined && !mode)
    faults.push({
      pointer: `${pointer}/transmissionMode`,
      message: `must be ${quoted(allowed)}${shown(output['transmissionMode'])}`,
    });
  const format = parseFormat(process, id, membersOf(output, 'format', faults, pointer), `${pointer}/format`, faults);
  return { ...(mode ? { transmissionMode: mode } : {}), ...(format ? { format } : {}) };
}

/** A media type or encoding in which the output is not offered is a fault: silence would leave the client with what it cannot read. */
function parseFormat(
  process: RequestedProcess,
  id: string,
  format: Members | undefined,
  pointer: string,
  faults: RequestFault[],
): Members | undefined {
  if (!format) return undefined;
  const offered = offeredFormats(process.description.outputs[id], process.mimetype);
  for (const [name, isOffered, known] of [
    ['mediaType', offered.hasMediaType, offered.mediaTypes],
    ['encoding', offered.hasEncoding, offered.encodings],
  ] as const) {
    const value = format[name];
    if (value === undefined || value === null) continue;
    const message =
      typeof value !== 'string'
        ? 'must be a string'
        : isOffered(value)
          ? undefined
          : `must be ${quoted(known)}${shown(value)}`;
    if (message !== undefined) faults.push({ pointer: `${pointer}/${name}`, message });
  }
  return format;
}

function parseResponse(body: Members, faults: RequestFault[]): 'raw' | 'document' | undefined {
  const response = body['response'] ?? undefined;
  if (response === undefined || response === 'raw' || response === 'document') return response;
  faults.push({ pointer: '/response', message: `must be "raw" or "document"${shown(response)}` });
  return undefined;
}

/** The 1.0 schema misspells some names; both spellings are accepted. */
function parseSubscriber(body: Members, faults: RequestFault[]): Subscriber | undefined {
  const subscriber = membersOf(body, 'subscriber', faults);
  if (!subscriber) return undefined;
  const uris = (['success', 'inProgress', 'failed'] as const).flatMap((event): [string, string][] => {
    const name = [`${event}Uri`, `${event}Url`].find((candidate) => subscriber[candidate] !== undefined);
    if (!name) return [];
    const uri = subscriber[name];
    if (typeof uri === 'string' && /^https?:$/.test(URL.parse(uri)?.protocol ?? '')) return [[`${event}Uri`, uri]];
    faults.push({ pointer: `/subscriber/${name}`, message: 'must be an absolute http or https URI' });
    return [];
  });
  return Object.fromEntries(uris);
}

function parseQueue(
  { id, queueChoices: { names, priorities } = { names: [], priorities: [] } }: RequestedProcess,
  body: Members,
  faults: RequestFault[],
): RequestedQueue | undefined {
  const queue = membersOf(body, 'queue', faults);
  if (!queue) return undefined;
  const choose = (member: string, allowed: readonly string[]): string | undefined => {
    const value = queue[member] ?? undefined;
    const chosen = allowed.find((name) => name === value);
    if (value !== undefined && chosen === undefined) {
      const message =
        allowed.length > 0
          ? `must be ${quoted(allowed)}${shown(value)}`
          : `must not be set: process ${id} does not let its clients choose it`;
      faults.push({ pointer: `/queue/${member}`, message });
    }
    return chosen;
  };
  const unknown = Object.keys(queue).find((member) => member !== 'name' && member !== 'priority');
  if (unknown !== undefined)
    faults.push({ pointer: pointerTo('/queue', unknown), message: 'is not known; known are name and priority' });
  const [name, priority] = [choose('name', names), choose('priority', priorities)];
  return { ...(name === undefined ? {} : { name }), ...(priority === undefined ? {} : { priority }) };
}

/** A member that must be an object where it is there; null counts as not there. */
function membersOf(parent: Members, name: string, faults: RequestFault[], base = ''): Members | undefined {
  const value = Object.hasOwn(parent, name) ? parent[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (isMapping(value)) return value;
  faults.push({
    pointer: `${base}/${name}`,
    message: `must be an object${Array.isArray(value) ? ' (is an array)' : ''}`,
  });
  return undefined;
}

function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((part) => isDeeperThan(part, most - 1));
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(' or ');
}

function shown(value: unknown): string {
  return typeof value === 'string' && value.length <= 60 ? ` (is ${JSON.stringify(value)})` : '';
}
