import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { isMapping } from '../../config/validation.js';
import { Access, type Caller } from '../../access/access.js';
import { parseJson } from '../../json/parse-json.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { JobNotFoundError, NotAvailableError } from '../../ogc/domain-errors.js';
import type { RequestedOutput, RequestedQueue } from '../../processes/request/execute-request.js';
import { isOmitted, MASK } from '../../processes/request/marks.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { subscriberEvents, type Subscription } from '../model/subscription.js';
import type { OmittedInputs } from './fitted-inputs.js';
import { KeptInputs } from './kept-inputs.js';
import { areKept, type KeptRequest, parseKeptRequest } from './kept-request.js';

type Members = Readonly<Record<string, unknown>>;
type Annotations = Readonly<Record<string, string>>;

/** An execute request as it may be shown; sent again, with what is masked and omitted, it asks for the same. */
export interface ShownRequest {
  readonly processId: string;
  /**
   * With their defaults; secrets are {@link MASK}, values that were not kept `Omitted`; numbers are kept to the digit. Undefined where
   * they are not
   * kept at all.
   */
  readonly inputs?: Members;
  /** Inputs that are not named there. */
  readonly omittedInputs?: OmittedInputs;
  /** Undefined: all. */
  readonly outputs?: Readonly<Record<string, RequestedOutput>>;
  readonly response?: 'raw' | 'document';
  /** Of the addresses only the hosts. */
  readonly subscriber?: Readonly<Record<string, MaskedAddress>>;
  readonly queue?: RequestedQueue;
  readonly tags?: readonly string[];
  readonly mode?: 'sync';
  /** As the header `Prefer` has it: what of it the server knows. */
  readonly prefer?: string;
}

/** An input that is kept beside the request. */
export interface KeptInput {
  /** JSON, secrets {@link MASK}. */
  readonly body: Readable;
  /** Bytes. */
  readonly size: number;
}

export type MaskedAddress = typeof MASK & { readonly host: string };

/** The execute requests of jobs, for those who may read their logs. */
@Injectable()
export class JobRequests {
  constructor(
    private readonly cache: JobCache,
    private readonly access: Access,
    private readonly inputs: KeptInputs,
  ) {}

  /**
   * Asks the cluster: no inputs are held in memory.
   * @param base the API's address without trailing slash, for addresses of inputs that are kept elsewhere; undefined: none are given
   * @throws UnauthorizedError, MisconfiguredError where the caller may not read the job's log; JobNotFoundError where the Job has gone
   * meanwhile;
   * NotAvailableError where nothing of its request is known; KubernetesError
   */
  async of(job: JobRecord, caller: Caller, base?: string): Promise<ShownRequest> {
    const shown = shownRequest(job, await this.annotationsOf(job, caller), base);
    if (!shown) throw new NotAvailableError(`The execute request of job "${job.jobId}" is not kept.`);
    return shown;
  }

  /**
   * The JSON of an input that is omitted in the request, from the object store.
   * @param id undefined: of the object of those that are not named
   * @throws as {@link of}; NotAvailableError where it is not kept, or not any more; ObjectStoreError
   */
  async inputOf(job: JobRecord, caller: Caller, id: string | undefined): Promise<KeptInput> {
    const annotations = await this.annotationsOf(job, caller);
    const place = placeOf(job, annotations, id);
    const body = place && (await this.inputs.read(place.key, place.first, place.size));
    if (body) return { body, size: place.size };
    const what = id === undefined ? 'There are no such inputs' : `Input "${id}" is not kept`;
    throw new NotAvailableError(`${what}, or not any more, beside the request of job "${job.jobId}".`);
  }

  private async annotationsOf(job: JobRecord, caller: Caller): Promise<Annotations> {
    const { jobId } = job;
    await this.access.demand(this.access.rightsOf(job), caller, { operation: 'read-log', jobId });
    const annotations = await this.cache.valuesOf(job);
    if (!annotations) throw new JobNotFoundError(jobId);
    return annotations;
  }
}

/** Where the JSON of an input, or of those that are not named, stands in the object store. */
function placeOf(
  { keptInputs: key, resultsExpired }: JobRecord,
  annotations: Annotations,
  id: string | undefined,
): { readonly key: string; readonly first: number; readonly size: number } | undefined {
  const { rest, inputs = {} } = keptOf(annotations);
  if (key === undefined || resultsExpired) return undefined;
  let first = 0;
  for (const [name, value] of Object.entries(inputs)) {
    if (!isOmitted(value)) continue;
    const { size } = value.omitted;
    if (name === id) return { key, first, size };
    first += size;
  }
  return id === undefined && rest ? { key, first, size: rest.size } : undefined;
}

/** What was kept, with the inputs of the Job where they are those that were. */
function keptOf(annotations: Annotations): KeptRequest & { readonly inputs?: Members } {
  const kept = parseKeptRequest(annotations[ownAnnotation.shownRequest]);
  const parameters = annotations[annotation.parameters];
  const inputs = parameters !== undefined && areKept(kept, parameters) ? inputsOf(parameters) : undefined;
  return inputs ? { ...kept, inputs } : kept;
}

/**
 * What a Job has of its request. Pure.
 * @param annotations those that may be believed
 * @param base as of {@link JobRequests.of}
 * @returns undefined where that is nothing
 */
export function shownRequest(job: JobRecord, annotations: Annotations, base?: string): ShownRequest | undefined {
  const { processId, request, subscription, tags } = job;
  const { inputs, formats, rest, queue, mode, prefer } = keptOf(annotations);
  if (!inputs && !request) return undefined;
  const isStored = base !== undefined && job.keptInputs !== undefined && !job.resultsExpired;
  const address = isStored ? `${base}/jobs/${job.jobId}/request/inputs` : undefined;
  const outputs = (request?.outputs ?? request?.references)?.map((id) => {
    const transmissionMode = request?.references?.includes(id) ? 'reference' : 'value';
    const format = formats && Object.hasOwn(formats, id) ? { format: formats[id] } : {};
    return [id, { transmissionMode, ...format }] as const;
  });
  return {
    processId,
    ...(inputs ? { inputs: address === undefined ? inputs : withAddresses(inputs, address) } : {}),
    ...(inputs && rest ? { omittedInputs: { ...rest, ...(address === undefined ? {} : { href: address }) } } : {}),
    ...(outputs ? { outputs: Object.fromEntries(outputs) } : {}),
    ...(request ? { response: request.response } : {}),
    ...(subscription ? { subscriber: masked(subscription) } : {}),
    ...(queue ? { queue } : {}),
    ...(tags ? { tags } : {}),
    ...(mode ? { mode } : {}),
    ...(prefer === undefined ? {} : { prefer }),
  };
}

/** Of a Job of the predecessor, too, which masks nothing. */
function inputsOf(parameters: string): Members | undefined {
  try {
    const inputs = parseJson(parameters, { duplicateKeys: 'last' });
    return isMapping(inputs) ? maskSecrets(inputs, MASK) : undefined;
  } catch {
    return undefined;
  }
}

function withAddresses(inputs: Members, address: string): Members {
  return Object.fromEntries(
    Object.entries(inputs).map(([id, value]) => [
      id,
      isOmitted(value) ? { omitted: { ...value.omitted, href: `${address}/${encodeURIComponent(id)}` } } : value,
    ]),
  );
}

function masked({ uris }: Subscription): Record<string, MaskedAddress> {
  return Object.fromEntries(
    subscriberEvents.flatMap((event) => {
      const uri = uris[event];
      return uri === undefined ? [] : [[`${event}Uri`, { ...MASK, host: new URL(uri).host }] as const];
    }),
  );
}
