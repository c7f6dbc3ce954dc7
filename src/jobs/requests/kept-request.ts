import { hash } from 'node:crypto';
import { isMapping } from '../../config/validation.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import type { RequestedOutput, RequestedQueue } from '../../processes/request/execute-request.js';
import { isOmitted } from '../../processes/request/marks.js';
import { parseObject } from '../model/annotations/job-annotations.js';
import { MOST_SHOWN } from '../model/annotations/shown-parameters.js';
import { FittableInputs, type OmittedInputs, sizeWithin } from './fitted-inputs.js';

type Members = Readonly<Record<string, unknown>>;

/** What a request asks for beside what the Job keeps anyway: inputs, ids of outputs, response, who is told. */
export interface Asked {
  /** Formats of outputs, by the outputs' ids. */
  readonly formats?: Readonly<Record<string, Members>>;
  /** The preferences that the server knows, as the header `Prefer` has them. */
  readonly prefer?: string;
  /** Of the body. */
  readonly mode?: 'sync';
  readonly queue?: RequestedQueue;
}

/** The annotation by which a request is shown. */
export interface KeptRequest extends Asked {
  /** Base64url of the SHA-256 of the annotation with the inputs, so that the signature of this one holds for them. */
  readonly digest?: string;
  /** Inputs that are not in that. */
  readonly rest?: OmittedInputs;
  /** Key of the object with what is omitted, values after one another. */
  readonly stored?: string;
}

/** What keeping a request takes. */
export interface Keeping {
  readonly annotations: Readonly<Record<string, string>>;
  /** JSON of what has no room in them and stands under the key; none where there is no key. */
  readonly omitted: readonly string[];
}

/** Bytes of the formats of outputs; of more only media types are kept. */
const MOST_FORMATS = 2048;
/** Bytes that an annotation takes beside its name and value: two pairs of quotes, colon, comma. */
const AROUND = 6;
const DIGEST = 'A'.repeat(43);
const LARGEST_REST: OmittedInputs = { count: 1e9, size: 1e12, sha256: '0'.repeat(64) };

/**
 * Annotations that keep what of a request may be shown, inputs that have no room as their size and digest.
 * @param inputs as they may be shown
 * @param room bytes that the annotations may take in the JSON of the Job
 * @param stored key under which what is omitted will stand; undefined: it will not
 * @returns none where there is too little room
 */
export function keepRequest(inputs: Members, asked: Asked, room: number, stored?: string): Keeping {
  const fittable = new FittableInputs(inputs);
  // Where in the object a value stands is told by the sizes of the marks before it: there may be no others.
  const key = Object.values(inputs).some(isOmitted) ? undefined : stored;
  const keep = (what: Asked) => kept(fittable, what, room, key);
  return keep(asked) ?? keep({ ...asked, formats: undefined }) ?? { annotations: {}, omitted: [] };
}

function kept(inputs: FittableInputs, asked: Asked, room: number, stored: string | undefined): Keeping | undefined {
  const about = JSON.stringify({ ...asked, digest: DIGEST, rest: LARGEST_REST, stored } satisfies KeptRequest);
  const shown = inputs.fit(MOST_SHOWN);
  const isShorter = shown.omitted.length > 0 && !shown.rest;
  const left =
    room -
    sizeOf(ownAnnotation.shownRequest, about) -
    (isShorter ? sizeOf(ownAnnotation.parameters, shown.text) : 0) -
    sizeOf(annotation.parameters, '');
  if (left < 2) return undefined;
  const { text, omitted, rest } = inputs.fit(left);
  const digest = digestOf(text);
  const request = { ...asked, digest, rest, ...(omitted.length > 0 ? { stored } : {}) } satisfies KeptRequest;
  return {
    annotations: {
      [annotation.parameters]: text,
      [ownAnnotation.shownRequest]: JSON.stringify(request),
      ...(isShorter && text.length > MOST_SHOWN ? { [ownAnnotation.parameters]: shown.text } : {}),
    },
    omitted: stored === undefined ? [] : omitted,
  };
}

/** Formats as they are kept: whole, or where they are long their media types alone. */
export function formatsOf(outputs: Readonly<Record<string, RequestedOutput>> | undefined): Asked['formats'] {
  const formats = Object.entries(outputs ?? {}).flatMap(([id, { format }]) => (format ? [[id, format] as const] : []));
  if (formats.length === 0) return undefined;
  if (JSON.stringify(formats).length <= MOST_FORMATS) return Object.fromEntries(formats);
  return Object.fromEntries(formats.map(([id, { mediaType }]) => [id, { mediaType }]));
}

/** What is not as this server writes it counts as not there. */
export function parseKeptRequest(text: string | undefined): KeptRequest {
  const { formats, prefer, mode, queue, digest, rest, stored } = parseObject(text);
  return {
    ...(isMapping(formats) && Object.values(formats).every(isMapping) ? { formats: formats as Asked['formats'] } : {}),
    ...(typeof prefer === 'string' ? { prefer } : {}),
    ...(mode === 'sync' ? { mode } : {}),
    ...(isMapping(queue) ? { queue: textsOf(queue) } : {}),
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(isRest(rest) ? { rest } : {}),
    ...(typeof stored === 'string' ? { stored } : {}),
  };
}

/** Whether the inputs of a Job may be those of its request: they are where the annotation that says so is signed. */
export function areKept({ digest }: KeptRequest, parameters: string): boolean {
  return digest === undefined || digest === digestOf(parameters);
}

function isRest(value: unknown): value is OmittedInputs {
  if (!isMapping(value)) return false;
  const { count, size, sha256 } = value;
  return typeof count === 'number' && typeof size === 'number' && typeof sha256 === 'string';
}

function textsOf({ name, priority }: Members): RequestedQueue {
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof priority === 'string' ? { priority } : {}),
  };
}

function sizeOf(name: string, text: string): number {
  return AROUND + sizeWithin(name) + sizeWithin(text);
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
