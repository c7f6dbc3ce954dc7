import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isMapping } from '../../config/validation.js';
import { NotAcceptableError } from '../../ogc/domain-errors.js';
import { profileUri } from '../../ogc/requests/profiles.js';
import type { OutputDescription } from '../../processes/description/process-description.js';
import type { JobResult, PrintedResult } from '../../processes/processor.js';
import { Spool } from './spool.js';
import { documentValue, inlineValue, isJson, readableOf, readJson, valuePart } from './results-values.js';

/** So many bytes of results are held in memory where their shape needs that. */
const MEMORY_LIMIT = 32 * 1024 * 1024;

export interface RawAnswer {
  /** Undefined: no content. */
  readonly mediaType?: string;
  readonly size?: number;
  readonly body?: Readable;
  /** As of {@link PrintedResult}, where the answer is one result as it is; in place of `body`. */
  readonly range?: PrintedResult['range'];
  readonly etag?: string;
  readonly elsewhere?: PrintedResult['elsewhere'];
  /** Outputs by reference, where there are no others. */
  readonly links?: readonly OutputLink[];
  /** Which outputs are by reference; absent: there are none. */
  readonly references?: 'all' | 'none' | 'some';
  /** URI of what the body is besides its media type (RFC 6906). */
  readonly profile?: string;
}

/** An output by reference. */
export interface OutputLink {
  readonly id: string;
  readonly href: string;
  readonly type?: string;
  /** RFC 3339; absent: it does not. The results asked for again have another. */
  readonly expires?: string;
}

/** What is known of a job's outputs. */
export interface OutputContext {
  /** Empty where the process is not configured any more. */
  readonly outputs: Readonly<Record<string, OutputDescription>>;
  /** Ids of the outputs that the client asked for; undefined: all. */
  readonly selected?: readonly string[];
  /** Ids of those that it asked for by reference, and at which address of this server an output can be read. */
  readonly references?: { readonly ids: readonly string[]; readonly addressOf: (id: string) => string };
  readonly indent?: number;
  /** Of a document: bytes of one result that stands in it; larger ones are by reference. Undefined: all. */
  readonly largestInline?: number;
}

/** One output: as the job gave it, or a property of the object that it printed. */
export type Output = { readonly id: string } & ({ readonly printed: PrintedResult } | { readonly value: unknown });

/**
 * `response: raw` (OGC API - Processes 1.0, section 7.11.4): one output in its own media type, several as `multipart/related`.
 * @throws NotAcceptableError where an object with several outputs is too large to be split
 */
export async function formatRaw(result: JobResult, context: OutputContext): Promise<RawAnswer> {
  const outputs = await printedOutputs(result, context);
  const parts = await Promise.all(
    outputs.map(async (output): Promise<Part> =>
      isReference(output, context) ? { id: output.id, link: await linkTo(output.id, output.printed, context) } : output,
    ),
  );
  const [first] = parts;
  if (!first) return {};
  const links = parts.flatMap((part) => ('link' in part ? [part.link] : []));
  if (links.length === parts.length) return { links, references: 'all' };
  if (parts.length > 1 || !('printed' in first)) return { ...multipart(parts), references: shareOf(links, parts) };
  const { mediaType, size, range, etag, elsewhere } = first.printed;
  return { mediaType, size, body: first.printed.body(), range, etag, elsewhere };
}

/** An output in a media type of its own. */
export interface PrintedOutput {
  readonly id: string;
  readonly printed: PrintedResult;
}

/**
 * The outputs that are wanted, each in its own media type, in the order of the description.
 * @throws NotAcceptableError as {@link formatRaw}
 */
export async function printedOutputs(result: JobResult, context: OutputContext): Promise<PrintedOutput[]> {
  return (await outputsOf(result, context)).map((output) => ({
    id: output.id,
    printed: 'printed' in output ? output.printed : valuePart(output.value, context.outputs[output.id]),
  }));
}

type Part = PrintedOutput | { readonly id: string; readonly link: OutputLink };

function isReference({ id }: { readonly id: string }, { references }: OutputContext): boolean {
  return references?.ids.includes(id) ?? false;
}

/** To the object store itself where it has addresses, so that large files need not come by way of this server. */
async function linkTo(
  id: string,
  { mediaType, address }: Pick<PrintedResult, 'mediaType' | 'address'>,
  context: OutputContext,
): Promise<OutputLink> {
  // Who asked for no link gets one that is good as long as the results are.
  const elsewhere = isReference({ id }, context) ? await address?.() : undefined;
  return elsewhere
    ? { id, href: elsewhere.href, type: mediaType, expires: elsewhere.expires.toISOString() }
    : { id, href: context.references?.addressOf(id) ?? '', type: mediaType };
}

/**
 * `response: document` (schema results.yaml): a JSON object of output id to value, qualified value, or link.
 * @throws NotAcceptableError where the results are too large for that
 */
export async function formatDocument(result: JobResult, context: OutputContext): Promise<RawAnswer> {
  const outputs = await outputsOf(result, context);
  const isLink = (output: Output) => isReference(output, context) || isLargerThan(context.largestInline, output);
  const values = outputs.filter((output) => !isLink(output));
  assertFits(values.reduce((sum, output) => sum + ('printed' in output ? output.printed.size : 0), 0));
  const document: [string, unknown][] = [];
  for (const output of outputs) {
    if (isLink(output)) {
      const printed = 'printed' in output ? output.printed : valuePart(output.value, context.outputs[output.id]);
      const { id: _id, ...link } = await linkTo(output.id, printed, context);
      document.push([output.id, link]);
      continue;
    }
    const described = context.outputs[output.id];
    const value =
      'printed' in output ? await inlineValue(output.printed, described) : documentValue(output.value, described);
    document.push([output.id, value]);
  }
  // Whoever reads slowly holds a file that has no name, and no memory.
  const spool = new Spool();
  const text = JSON.stringify(Object.fromEntries(document), undefined, context.indent);
  try {
    for (const piece of pieces(text)) await spool.write(Buffer.from(piece));
  } catch (error) {
    await spool.dispose();
    throw error;
  }
  return {
    mediaType: 'application/json',
    size: spool.size,
    body: spool.stream().once('close', () => void spool.dispose()),
    references: shareOf(outputs.filter(isLink), outputs),
    // OGC API - Processes 2.0 (draft), requirement `job-results-profile`.
    profile: profileUri('ogc-results'),
  };
}

/** In order, none ends between the two halves of a character. */
function* pieces(text: string): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + 65_536;
    if ((text.codePointAt(end - 1) ?? 0) > 0xffff) end += 1;
    yield text.slice(start, end);
  }
}

function isLargerThan(most: number | undefined, output: Output): boolean {
  return most !== undefined && 'printed' in output && output.printed.size > most;
}

function shareOf(some: readonly unknown[], all: readonly unknown[]): 'all' | 'none' | 'some' {
  if (some.length === 0) return 'none';
  return some.length === all.length ? 'all' : 'some';
}

/**
 * The outputs that are wanted, in the order of the description. A result without a name is that of the outputs that have none under their id: of the only one, or,
 * where they are several, a JSON object with a property for each.
 */
export async function outputsOf({ unnamed, named }: JobResult, context: OutputContext): Promise<Output[]> {
  const ids = Object.keys(context.outputs);
  const isWanted = (id: string) => context.selected?.includes(id) ?? true;
  const outputs: Output[] = [...named].map(([id, printed]) => ({ id, printed })).filter(({ id }) => isWanted(id));
  if (unnamed)
    outputs.push(
      ...(await unnamedOutputs(
        unnamed,
        ids.filter((id) => !named.has(id)),
        isWanted,
      )),
    );
  const place = ({ id }: Output) => (ids.includes(id) ? ids.indexOf(id) : ids.length);
  return outputs.sort((a, b) => place(a) - place(b));
}

async function unnamedOutputs(
  result: PrintedResult,
  ids: readonly string[],
  isWanted: (id: string) => boolean,
): Promise<Output[]> {
  const id = ids.find(isWanted) ?? ids[0] ?? 'result';
  if (ids.length <= 1 || !isJson(result.mediaType)) return [{ id, printed: result }];
  assertFits(result.size);
  const whole = await buffer(result.body());
  const values = splitOutputs(whole, ids);
  if (!values) return [{ id, printed: { ...result, body: () => readableOf(whole) } }];
  return values.filter((output) => isWanted(output.id));
}

/** Bytes that are in memory where a result without a name is divided into its outputs. */
export function dividedSize({ unnamed, named }: JobResult, { outputs }: OutputContext): number {
  const others = Object.keys(outputs).filter((id) => !named.has(id));
  return unnamed && others.length > 1 && isJson(unnamed.mediaType) ? unnamed.size : 0;
}

/** Bytes that are in memory while an answer is made in this shape. */
export function heldSize(format: typeof formatRaw, result: JobResult, context: OutputContext): number {
  if (format === formatRaw) return dividedSize(result, context);
  const isHeld = ([id, printed]: [string, PrintedResult]) =>
    (context.selected?.includes(id) ?? true) &&
    !isReference({ id }, context) &&
    !(format === formatDocument && isLargerThan(context.largestInline, { id, printed }));
  const { unnamed, named } = result;
  return [...named].filter(isHeld).reduce((sum, [, { size }]) => sum + size, unnamed?.size ?? 0);
}

/** @throws NotAcceptableError for more than is held in memory */
export function assertFits(size: number): void {
  if (size <= MEMORY_LIMIT) return;
  throw new NotAcceptableError(
    `The results have ${size} bytes, more than the ${MEMORY_LIMIT} that can be put into a document or split into outputs: execute with "response": "raw" and one output, or with "transmissionMode": "reference".`,
  );
}

/** The properties of a JSON object that are outputs, or undefined where the result is no such object. */
function splitOutputs(body: Buffer, ids: readonly string[]): { id: string; value: unknown }[] | undefined {
  const parsed = readJson(body);
  if (!isMapping(parsed)) return undefined;
  const outputs = ids.filter((id) => Object.hasOwn(parsed, id)).map((id) => ({ id, value: parsed[id] }));
  return outputs.length > 0 ? outputs : undefined;
}

/** RFC 2387; each part's Content-ID is its output's id. Parts are opened one after another, as they are sent. */
function multipart(parts: readonly Part[]): RawAnswer {
  const boundary = randomUUID();
  const end = Buffer.from('\r\n');
  const closing = Buffer.from(`--${boundary}--\r\n`);
  const headed = parts.map((part) => ({
    printed: 'printed' in part ? part.printed : undefined,
    head: Buffer.from(`--${boundary}\r\n${partHeaders(part).join('\r\n')}\r\n\r\n`),
  }));
  async function* content(): AsyncGenerator<Buffer> {
    for (const { printed, head } of headed) {
      yield head;
      if (printed) yield* printed.body();
      yield end;
    }
    yield closing;
  }
  const size = headed.reduce(
    (sum, { printed, head }) => sum + head.length + (printed?.size ?? 0) + end.length,
    closing.length,
  );
  const [first] = parts;
  const type = (first && ('printed' in first ? first.printed.mediaType : first.link.type))?.replaceAll('"', '');
  return {
    mediaType: `multipart/related; boundary="${boundary}"; type="${type ?? 'text/plain'}"`,
    size,
    body: Readable.from(content(), { objectMode: false }),
  };
}

/** Of an output by reference a part holds no more than its address. */
function partHeaders(part: Part): string[] {
  const id = `Content-ID: <${encodeURIComponent(part.id)}>`;
  if ('printed' in part) return [`Content-Type: ${part.printed.mediaType}`, id, `Content-Length: ${part.printed.size}`];
  const { href, type } = part.link;
  return [...(type === undefined ? [] : [`Content-Type: ${type}`]), id, `Content-Location: ${href}`];
}
