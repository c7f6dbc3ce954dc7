import type { RequestFault } from '../../ogc/domain-errors.js';
import type { InputDescription, OutputDescription } from '../description/process-description.js';
import { type RequestedProcess, takesToken } from './execute-request.js';
import { decode, mayBeBox, readJson, type Read, readInput, withText } from './kvp-values.js';

/** An execute request that came as parameters of a query. */
export interface KvpRequest {
  /** As it would be sent by POST. */
  readonly body: { readonly inputs: object; readonly outputs?: object };
  /** What could not be read; places are names of parameters. */
  readonly faults: readonly RequestFault[];
  /** In the place of the headers of these names: `response[f]`, `response[prefer]`. */
  readonly headers: { readonly accept?: string; readonly prefer?: string };
  /** Faults of the body with names of parameters for places; about what could not be read no more is said than that. */
  readonly placed: (faults: readonly RequestFault[]) => RequestFault[];
}

const INPUT_MEMBERS = ['value', 'mediaType', 'encoding', 'schema', 'href', 'rel', 'type', 'hreflang', 'title', 'crs'];
const QUALIFIERS = ['mediaType', 'encoding', 'schema'];
const OUTPUT_MEMBERS = ['include', ...QUALIFIERS];

/** What parameters say of one input or output. */
class Said {
  /** Values without a member, escaped. */
  readonly raw: string[] = [];
  /** `name[member]`, escaped. */
  readonly members = new Map<string, string>();

  constructor(
    readonly id: string,
    /** As the client wrote it. */
    readonly name: string,
  ) {}
}

/** Takes apart what the parameters say. */
class Reader {
  readonly faults: RequestFault[] = [];
  readonly inputs = new Map<string, Said>();
  readonly outputs = new Map<string, Said>();
  readonly headers: { accept?: string; prefer?: string } = {};
  /** Of outputs that inputs have the name of: whose these are shows when all is read. */
  private readonly shared: {
    readonly member: string;
    readonly raw: string;
    readonly input: Said;
    readonly output: Said;
  }[] = [];

  constructor(
    private readonly process: RequestedProcess,
    private readonly isIgnored: (name: string) => boolean,
  ) {}

  read(query: string): void {
    for (const part of query.split('&')) {
      if (part === '') continue;
      const [rawName = '', raw = ''] = part.split(/=(.*)/s);
      const name = decode(rawName);
      if (name === undefined) this.fault(rawName.slice(0, 60), 'must be UTF-8, percent-encoded');
      else this.take(name, raw);
    }
    for (const { member, raw, input, output } of this.shared)
      this.set(input.members.has('value') ? input : output, member, raw);
  }

  fault(pointer: string, message: string): void {
    this.faults.push({ pointer, message });
  }

  private take(name: string, raw: string): void {
    const { inputs, outputs } = this.process.description;
    const isOpen = Object.keys(inputs).length === 0;
    const whole = find(inputs, name);
    const [, base = '', member = ''] = /^(.*)\[([^[\]]*)\]$/s.exec(name) ?? [];
    if (whole === undefined && base.toLowerCase() === 'response' && (member === 'f' || member === 'prefer'))
      return this.setHeader(member === 'f' ? 'accept' : 'prefer', name, raw);
    if (takesToken(this.process) && name.toLowerCase() === 'token')
      return this.fault(name, 'is no parameter: addresses are logged; send the token as "Authorization: Bearer TOKEN"');
    if (whole !== undefined) return void said(this.inputs, whole, name).raw.push(raw);
    const input = find(inputs, base) ?? (isOpen && member !== '' && member !== 'include' ? base : undefined);
    const output = find(outputs, base) ?? (member === 'include' ? base : undefined);
    const ofInput = input !== undefined && INPUT_MEMBERS.includes(member);
    const ofOutput = output !== undefined && OUTPUT_MEMBERS.includes(member);
    if (ofInput && ofOutput)
      this.shared.push({
        member,
        raw,
        input: said(this.inputs, input, base),
        output: said(this.outputs, output, base),
      });
    else if (ofInput) this.set(said(this.inputs, input, base), member, raw);
    else if (ofOutput) this.set(said(this.outputs, output, base), member, raw);
    else if (this.isIgnored(name)) return;
    else if (isOpen && member === '') said(this.inputs, name, name).raw.push(raw);
    else
      this.fault(name, `is no parameter of process ${this.process.id}; inputs are ${Object.keys(inputs).join(', ')}`);
  }

  private setHeader(header: 'accept' | 'prefer', name: string, raw: string): void {
    const text = decode(raw);
    if (text === undefined) return this.fault(name, 'must be UTF-8, percent-encoded');
    this.headers[header] = header === 'prefer' && this.headers.prefer ? `${this.headers.prefer}, ${text}` : text;
  }

  private set({ members, name }: Said, member: string, raw: string): void {
    if (members.has(member)) this.fault(`${name}[${member}]`, 'must be given once');
    members.set(member, raw);
  }
}

/**
 * Reads an execute request from a query (OGC API - Processes 2.0 draft, clause 16, "KVP-encoded Execute"). Names of
 * inputs and outputs are found whatever their case, where that is unambiguous.
 * @param query what stands behind the `?`, as it was sent
 * @param isIgnored whether a parameter that the process does not have is passed over
 */
export function readKvpRequest(
  process: RequestedProcess,
  query: string,
  isIgnored: (name: string) => boolean,
): KvpRequest {
  const reader = new Reader(process, isIgnored);
  reader.read(query);
  const { inputs, outputs } = process.description;
  const values: [string, unknown][] = [];
  for (const said of reader.inputs.values()) {
    if (said.raw.length === 0 && said.members.size === 0) continue;
    const read = valueOf(said, inputs[said.id] ?? { schema: { type: 'string' } });
    if ('fault' in read) reader.fault(said.name, read.fault);
    else values.push([said.id, read.value]);
  }
  const wanted = outputsOf(reader, outputs);
  const body = { inputs: Object.fromEntries(values), ...(wanted ? { outputs: wanted } : {}) };
  return { body, faults: reader.faults, headers: reader.headers, placed: (faults) => place(faults, reader) };
}

function valueOf({ raw, members }: Said, description: InputDescription): Read {
  if (raw.length === 0) return objectOf(members, description);
  const others = [...members.keys()].filter((member) => member !== 'crs');
  if (others.length > 0) return { fault: `must not be given both by itself and by [${others.join('], [')}]` };
  const read = readInput(description, raw);
  const crs = members.get('crs');
  if ('fault' in read || crs === undefined) return read;
  if (!mayBeBox(description.schema)) return { fault: 'has no [crs]: it is no bounding box' };
  return withText(crs, (text) => ({ value: { ...(read.value as object), crs: text } }));
}

/** A link, or a value that is qualified. */
function objectOf(members: ReadonlyMap<string, string>, description: InputDescription): Read {
  const parts: [string, unknown][] = [];
  for (const [member, raw] of members) {
    const read = withText(raw, (text): Read => {
      if (member === 'value') return readInput({ ...description, maxOccurs: 1 }, [raw]);
      return (member === 'schema' && text.startsWith('{') ? readJson(text) : undefined) ?? { value: text };
    });
    if ('fault' in read) return read;
    parts.push([member, read.value]);
  }
  if (members.has('value') || members.has('href')) return { value: Object.fromEntries(parts) };
  return { fault: `needs a value of its own, [value] or [href] beside [${[...members.keys()].join('], [')}]` };
}

/** Those that are included; where none is, all but those that are excluded. */
function outputsOf(reader: Reader, known: Readonly<Record<string, OutputDescription>>): object | undefined {
  const included: [string, object][] = [];
  const excluded = new Set<string>();
  for (const { id, name, members } of reader.outputs.values()) {
    if (members.size === 0) continue;
    const include = decode(members.get('include') ?? '')?.toLowerCase();
    // A process that declares no outputs has none that could be left out.
    if (include === 'false' && Object.keys(known).length === 0) continue;
    if (include === 'false' && Object.hasOwn(known, id)) excluded.add(id);
    else if (include === 'true' || include === 'false') included.push([id, formatOf(members)]);
    else reader.fault(`${name}[include]`, 'must be true or false');
  }
  if (included.length > 0) return Object.fromEntries(included);
  if (excluded.size === 0) return undefined;
  const left = Object.keys(known).filter((id) => !excluded.has(id));
  return Object.fromEntries(left.map((id) => [id, {}]));
}

function formatOf(members: ReadonlyMap<string, string>): object {
  const format = QUALIFIERS.flatMap((member): [string, unknown][] => {
    const text = decode(members.get(member) ?? '');
    if (text === undefined || text === '') return [];
    return [[member, (member === 'schema' && text.startsWith('{') ? readJson(text)?.value : undefined) ?? text]];
  });
  return format.length > 0 ? { format: Object.fromEntries(format) } : {};
}

function place(faults: readonly RequestFault[], { inputs, outputs, faults: before }: Reader): RequestFault[] {
  const unread = new Set(before.map(({ pointer }) => pointer.replace(/\[[^[\]]*\]$/, '')));
  return faults.flatMap((fault) => {
    const [, section, escaped = '', rest = ''] = /^\/(inputs|outputs)\/([^/]*)(.*)$/s.exec(fault.pointer) ?? [];
    if (section === undefined) return [fault];
    const id = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    const known = (section === 'inputs' ? inputs : outputs).get(id);
    const name = known?.name ?? id;
    if (before.length > 0 && unread.has(name)) return [];
    const [, member = '', deeper = ''] = /^(?:\/format)?\/([^/]*)(.*)$/s.exec(rest) ?? [];
    if (known?.members.has(member)) return [{ ...fault, pointer: `${name}[${member}]${deeper}` }];
    return [{ ...fault, pointer: section === 'outputs' || rest.startsWith('/bbox') ? name : name + rest }];
  });
}

/** The id by its exact name, or by one that differs in case from no other. */
function find(known: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (Object.hasOwn(known, name)) return name;
  const [found, ...others] = Object.keys(known).filter((id) => id.toLowerCase() === name.toLowerCase());
  return others.length === 0 ? found : undefined;
}

function said(all: Map<string, Said>, id: string, name: string): Said {
  const known = all.get(id) ?? new Said(id, name);
  all.set(id, known);
  return known;
}
