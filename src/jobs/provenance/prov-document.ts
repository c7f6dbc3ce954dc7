import { isMapping } from '../../config/validation.js';
import { isOmitted } from '../../processes/request/marks.js';
import type { OutputRecord } from '../model/job-outcome.js';
import type { JobStatus } from '../model/job-status.js';
import type { Ran } from '../model/run/ran.js';
import type { Used } from '../model/run/used.js';
import type { ShownRequest } from '../requests/job-requests.js';

/** What of a job its provenance tells. */
export interface Provenance extends Pick<JobStatus, 'jobId' | 'processId' | 'status' | 'started' | 'finished'> {
  /** As far as the reader may know it. */
  readonly owner?: { readonly label: string; readonly name?: string };
  /** By output id; the empty id is the result without a name. */
  readonly outputs: ReadonlyMap<string, Omit<OutputRecord, 'key'>>;
  /** As it may be shown, for who may read the log, as all that follows. */
  readonly request?: Pick<ShownRequest, 'inputs' | 'omittedInputs'>;
  readonly ran?: Ran;
  readonly used?: Used;
  /** Bytes, and `sha256:` and hexadecimal digits; absent where they were not noted. */
  readonly log?: { readonly size?: number; readonly digest?: string };
}

type Attributes = Readonly<Record<string, unknown>>;
type Statements = Record<string, Attributes>;

/** PROV-JSON (https://www.w3.org/submissions/prov-json/): statements of each kind, by their identifiers. */
export interface ProvDocument {
  readonly prefix: Readonly<Record<string, string>>;
  readonly activity: Statements;
  readonly entity: Statements;
  readonly agent: Statements;
  readonly used: Statements;
  readonly wasGeneratedBy: Statements;
  readonly wasAssociatedWith: Statements;
}

/**
 * A job as an activity that used its inputs and generated its outputs, by the plan that is its process. Names are addresses of this
 * server, but for images, which are known by their digests.
 * @param base the API's address without trailing slash
 */
export function provDocument(job: Provenance, base: string): ProvDocument {
  const writer = new Writer(`job:${job.jobId}`);
  const { jobId, processId, started, finished, request, log } = job;
  if (processId !== '') writer.plan(`process:${local(processId)}`, processId);
  for (const [id, value] of Object.entries(request?.inputs ?? {}))
    writer.use(`input:${local(id)}`, { 'prov:label': id, ...valueOf(value) });
  if (request?.omittedInputs) writer.use(`job:${jobId}/request/inputs`, omittedOf(request.omittedInputs));
  for (const [id, output] of job.outputs)
    writer.generate(id === '' ? `job:${jobId}/results` : `output:${local(id)}`, finished, {
      ...(id === '' ? {} : { 'prov:label': id }),
      'schema:encodingFormat': output.mediaType,
      ...content(output.size, output.digest),
    });
  if (log) writer.generate(`job:${jobId}/logs`, finished, content(log.size, log.digest));
  for (const { container, image, digest } of job.ran?.images ?? []) {
    const id = digest === undefined ? `image:${local(image)}` : digest;
    writer.associate(id, { 'prov:type': term('prov:SoftwareAgent'), 'prov:label': image }, container);
  }
  if (job.owner) {
    const { label, name = label } = job.owner;
    writer.associate(`owner:${local(label)}`, { 'prov:type': term('prov:Person'), 'prov:label': name }, 'owner');
  }
  writer.endAssociations();
  return {
    prefix: {
      job: `${base}/jobs/`,
      process: `${base}/processes/`,
      input: `${base}/jobs/${jobId}/request/inputs/`,
      output: `${base}/jobs/${jobId}/results/`,
      owner: `${base}/jobs?owner=`,
      image: 'docker://',
      sha256: 'hash://sha256/',
      usage: `${base}/usage#`,
      schema: 'https://schema.org/',
      rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
    },
    activity: {
      [writer.activity]: {
        ...(started ? { 'prov:startTime': started.toISOString() } : {}),
        ...(finished ? { 'prov:endTime': finished.toISOString() } : {}),
        'schema:actionStatus': job.status,
        ...(job.ran?.node === undefined ? {} : { 'prov:location': job.ran.node }),
        ...(job.used ? useOf(job.used) : {}),
      },
    },
    ...writer.statements,
  };
}

class Writer {
  readonly statements = {
    entity: {} as Statements,
    agent: {} as Statements,
    used: {} as Statements,
    wasGeneratedBy: {} as Statements,
    wasAssociatedWith: {} as Statements,
  };
  private process: string | undefined;

  constructor(readonly activity: string) {}

  plan(id: string, label: string): void {
    this.statements.entity[id] = { 'prov:type': term('prov:Plan'), 'prov:label': label };
    this.process = id;
  }

  use(entity: string, attributes: Attributes): void {
    this.statements.entity[entity] = attributes;
    this.relate('used', { 'prov:activity': this.activity, 'prov:entity': entity });
  }

  generate(entity: string, time: Date | undefined, attributes: Attributes): void {
    this.statements.entity[entity] = attributes;
    const at = time ? { 'prov:time': time.toISOString() } : {};
    this.relate('wasGeneratedBy', { 'prov:entity': entity, 'prov:activity': this.activity, ...at });
  }

  associate(agent: string, attributes: Attributes, role: string): void {
    this.statements.agent[agent] = attributes;
    this.relate('wasAssociatedWith', { ...this.association(), 'prov:agent': agent, 'prov:role': role });
  }

  /** The process is told, whether or not anybody is known who carried it out. */
  endAssociations(): void {
    if (this.process !== undefined && Object.keys(this.statements.wasAssociatedWith).length === 0)
      this.relate('wasAssociatedWith', this.association());
  }

  private association(): Attributes {
    return { 'prov:activity': this.activity, ...(this.process === undefined ? {} : { 'prov:plan': this.process }) };
  }

  private relate(kind: 'used' | 'wasGeneratedBy' | 'wasAssociatedWith', attributes: Attributes): void {
    const all = this.statements[kind];
    all[`_:${kind}${Object.keys(all).length + 1}`] = attributes;
  }
}

/** What an input was, as a request may show it. */
function valueOf(value: unknown): Attributes {
  if (isOmitted(value)) return omittedOf(value.omitted);
  if (typeof value === 'string') return { 'prov:value': value };
  if (isMapping(value) && value['masked'] === true) return {};
  if (isMapping(value) && typeof value['href'] === 'string') {
    const type = typeof value['type'] === 'string' ? { 'schema:encodingFormat': value['type'] } : {};
    return { 'prov:location': typed(value['href'], 'xsd:anyURI'), ...type };
  }
  // Numbers are kept to the digit.
  const text = JSON.stringify(value);
  return { 'prov:value': typed(text, typeOf(text)) };
}

function typeOf(json: string): string {
  if (json === 'true' || json === 'false') return 'xsd:boolean';
  if (/^-?\d+$/.test(json)) return 'xsd:integer';
  return /^-?\d/.test(json) ? 'xsd:double' : 'rdf:JSON';
}

function omittedOf({ size, sha256, href }: { size: number; sha256: string; href?: string }): Attributes {
  return {
    ...(href === undefined ? {} : { 'prov:location': typed(href, 'xsd:anyURI') }),
    ...content(size, `sha256:${sha256}`),
  };
}

/** As samples told it. */
function useOf({ cpuSeconds, memoryByteSeconds, memoryPeakBytes, samples }: Used): Attributes {
  return {
    'usage:processorSeconds': typed(String(cpuSeconds), 'xsd:double'),
    'usage:memoryByteSeconds': typed(String(memoryByteSeconds), 'xsd:double'),
    'usage:memoryPeakBytes': typed(String(memoryPeakBytes), 'xsd:double'),
    'usage:samples': typed(String(samples), 'xsd:integer'),
  };
}

function content(size: number | undefined, digest: string | undefined): Attributes {
  const sha256 = digest?.startsWith('sha256:') ? digest.slice('sha256:'.length) : undefined;
  return {
    ...(size === undefined ? {} : { 'schema:contentSize': typed(String(size), 'xsd:integer') }),
    ...(sha256 === undefined ? {} : { 'schema:sha256': sha256 }),
  };
}

function typed(text: string, type: string): Attributes {
  return { $: text, type };
}

function term(name: string): Attributes {
  return typed(name, 'prov:QUALIFIED_NAME');
}

/** As the local part of a qualified name has it (PROV-N, section 3.7.1); an address that it is part of leads where it should. */
function local(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%2F', '/')
    .replaceAll('%40', '@')
    .replace(/['()]|^[-.]|\.$/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
