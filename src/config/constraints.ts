import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import {
  buildMessage,
  IsArray,
  IsBoolean,
  IsObject,
  ValidateBy,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { isIP } from 'node:net';
import { isMapping } from './validation.js';

/** Constraints and conversions for classes that describe parts of the configuration. Their messages are sentence parts. */

/** A value that passes a test. */
export function satisfies(
  name: string,
  requirement: string,
  validate: (value: unknown) => boolean,
  options?: ValidationOptions,
): PropertyDecorator {
  const defaultMessage = buildMessage((prefix) => `${prefix}$property must be ${requirement}`, options);
  return ValidateBy({ name, validator: { validate, defaultMessage } }, options);
}

const words = new Map([
  ...['true', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'off'].map((word) => [word, false] as const),
]);

const isNumberOrBoolean = (value: unknown): value is number | boolean =>
  typeof value === 'number' || typeof value === 'boolean';
const asText = (value: unknown): unknown => (isNumberOrBoolean(value) ? String(value) : value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const asTexts = (value: unknown): unknown => (Array.isArray(value) ? value.map(asText) : asText(value));
const mapEntries = (value: unknown, change: (entry: unknown) => unknown): unknown =>
  isMapping(value)
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, change(entry)]))
    : change(value);
const everyEntry = (value: unknown, test: (entry: unknown) => boolean): boolean =>
  isMapping(value) && Object.values(value).every(test);

/** True or false; also the words of YAML 1.1 in quotes. */
export const YamlBoolean = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? (words.get(value.toLowerCase()) ?? value) : value)),
    IsBoolean({ message: '$property must be true or false' }),
  );

/** An integer; both ends are allowed. */
export const IntegerFrom = (min: number, max: number = Number.MAX_SAFE_INTEGER): PropertyDecorator =>
  satisfies(
    'integerFrom',
    max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
  );

/** As {@link IntegerFrom}, of the digits of a variable. */
export const WrittenInteger = (min: number, max?: number): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => (/^\d+$/.test(String(value)) ? Number(value) : value)),
    IntegerFrom(min, max),
  );

export const OneOf = (allowed: readonly string[]): PropertyDecorator =>
  satisfies('oneOf', `one of ${allowed.join(', ')}`, (value) => isText(value) && allowed.includes(value));

/** Text; numbers and booleans become text. */
export const Text = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => asText(value)),
    satisfies('text', 'text', isText),
  );

/** Text of a certain form. */
export const TextLike = (pattern: RegExp, requirement: string, options?: ValidationOptions): PropertyDecorator =>
  satisfies('textLike', requirement, (value) => isText(value) && pattern.test(value), options);

/** An absolute http or https address without query and fragment. */
export const HttpAddress = (): PropertyDecorator =>
  satisfies('httpAddress', 'an http:// or https:// address without query and fragment', (value) => {
    if (!isText(value) || !URL.canParse(value)) return false;
    const { protocol, search, hash } = new URL(value);
    return /^https?:$/.test(protocol) && search === '' && hash === '';
  });

const networkNames = ['loopback', 'linklocal', 'uniquelocal'];

/** True, false, or a list of IP addresses, networks (`10.0.0.0/8`), and the names that Fastify gives to some. */
export const TrustedProxies = (): PropertyDecorator =>
  satisfies(
    'trustedProxies',
    `true, false, or a list of IP addresses, networks such as 10.0.0.0/8, and ${networkNames.join(', ')}`,
    (value) => typeof value === 'boolean' || (Array.isArray(value) && value.length > 0 && value.every(isNetwork)),
  );

/** A list of hosts that requests may go to: `public` (any host, at public addresses), `*`, names, `*.example.org`, addresses and networks. */
export const HostList = (): PropertyDecorator =>
  satisfies(
    'hostList',
    'a list, divided by commas, of public, *, host names, patterns such as *.example.org, IP addresses and networks such as 10.0.0.0/8',
    (value) => Array.isArray(value) && value.length > 0 && value.every(isHostEntry),
  );

export function parseHostList(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
}

const hostPattern =
  /^(\*\.)?([\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)*[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.?$/u;

function isHostEntry(value: unknown): boolean {
  if (!isText(value)) return false;
  const [address = '', ...rest] = value.split('/');
  const literal = address.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) !== 0) return isNetwork([literal, ...rest].join('/'));
  // What is all digits and dots was meant as an address, and is none.
  return value === '*' || (hostPattern.test(value) && !/^[\d.]+$/.test(value));
}

/** True, false, or a list of origins such as `https://example.org`, as browsers send them. */
export const OriginsOrBoolean = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? (words.get(value.toLowerCase()) ?? value) : value)),
    satisfies(
      'originsOrBoolean',
      'true, false, or a list of origins such as https://example.org (without a path)',
      (value) => typeof value === 'boolean' || (Array.isArray(value) && value.every(isOrigin)),
    ),
  );

function isOrigin(value: unknown): boolean {
  return isText(value) && /^https?:/.test(value) && URL.parse(value)?.origin === value;
}

/** A list of the hosts that requests may name. */
export const RequestHosts = (): PropertyDecorator =>
  satisfies(
    'requestHosts',
    'a list of host names, patterns such as *.example.org, IP addresses, loopback, and * (any), without ports',
    (value) => Array.isArray(value) && value.every((entry) => isHostEntry(entry) && !String(entry).includes('/')),
  );

/** A text of a boolean word, or of a list divided by commas, as {@link TrustedProxies} takes it; anything else unchanged. */
export function parseTrustedProxies(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return words.get(value.trim().toLowerCase()) ?? value.split(',').map((part) => part.trim());
}

function isNetwork(value: unknown): boolean {
  if (!isText(value)) return false;
  const [address = '', length, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0) return networkNames.includes(value);
  const most = version === 4 ? 32 : 128;
  return rest.length === 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most));
}

/** Text, or texts keyed by language. */
export const LocalizedTextValue = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => mapEntries(value, asText)),
    satisfies(
      'localizedText',
      'text, or texts keyed by language',
      (value) => isText(value) || everyEntry(value, isText),
    ),
  );

/** A list of texts, or such lists keyed by language. */
export const LocalizedKeywordsValue = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => mapEntries(value, asTexts)),
    satisfies(
      'localizedKeywords',
      'a list of texts, or such lists keyed by language',
      (value) => isTextList(value) || everyEntry(value, isTextList),
    ),
  );

/** A list of texts that are not blank; numbers become text. */
export const TextList = (requirement: string, pattern = /\S/): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => asTexts(value)),
    satisfies(
      'textList',
      requirement,
      (value) => isTextList(value) && (value as string[]).every((text) => pattern.test(text)),
    ),
  );

/** A count of bytes: an integer, or one with a unit: `500k`, `10M`, `2G`, `1T` of 1000, `Ki`, `Mi`, `Gi`, `Ti` of 1024 (Kubernetes' quantities). */
export const ByteCount = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => bytesOf(value) ?? value),
    satisfies(
      'byteCount',
      'a number of bytes, such as 500000, 10M or 2Gi',
      (value) => Number.isSafeInteger(value) && Number(value) >= 0,
    ),
  );

const units = ['', 'k', 'M', 'G', 'T'];

function bytesOf(value: unknown): number | undefined {
  const [, digits, unit = '', binary] = /^(\d+)([kKMGT]?)(i?)$/.exec(String(value)) ?? [];
  if (digits === undefined || (binary && unit === '')) return undefined;
  return (
    Number(digits) * (binary ? 1024 : 1000) ** units.findIndex((known) => known.toLowerCase() === unit.toLowerCase())
  );
}

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 24 * 3600 };

/** How long: seconds, or a number with a unit: `90s`, `15m`, `1h`, `30d`. */
export const Seconds = (min: number, max: number): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => secondsOf(value) ?? value),
    satisfies(
      'seconds',
      `a time of at least ${min} seconds and at most ${max}, such as 90s, 15m, 1h or 30d`,
      (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    ),
  );

/** Of a number of seconds, or of digits with a unit; undefined for anything else. */
export function secondsOf(value: unknown): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,12})([smhd]?)$/.exec(String(value)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (secondsIn[unit] ?? 1);
}

/** A date, or a date and time with its zone (RFC 3339); undefined for anything else. */
export function toInstant(value: unknown): Date | undefined {
  if (!isText(value) || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i.test(value))
    return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** What {@link toInstant} takes. */
export const Instant = (): PropertyDecorator =>
  satisfies('instant', 'a date, or an RFC 3339 date and time with its zone', (value) => toInstant(value) !== undefined);

/** A mapping to texts; what is empty is left out. */
export const TextMapping = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) =>
      isMapping(value)
        ? mapEntries(Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null)), asText)
        : value,
    ),
    satisfies('textMapping', 'a mapping of keys to texts', (value) => everyEntry(value, isText)),
  );

/** A mapping whose every value is one of those allowed. */
export const MappingToOneOf = (allowed: readonly string[]): PropertyDecorator =>
  satisfies('mappingToOneOf', `a mapping to ${allowed.join(', ')}`, (value) =>
    everyEntry(value, (entry) => isText(entry) && allowed.includes(entry)),
  );

export const MappingToIntegers = (min: number, max: number): PropertyDecorator =>
  satisfies('mappingToIntegers', `a mapping to integers from ${min} to ${max}`, (value) =>
    everyEntry(value, (entry) => Number.isInteger(entry) && (entry as number) >= min && (entry as number) <= max),
  );

/** A mapping described by another class. */
export const Section = (sectionClass: () => new () => object): PropertyDecorator =>
  applyDecorators(Type(sectionClass), IsObject({ message: '$property must be a mapping' }), ValidateNested());

/** Must not be set where another key is. */
export const NotBeside = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'notBeside',
    validator: {
      validate: (_, args) => (((args?.object ?? {}) as Record<string, unknown>)[other] ?? undefined) === undefined,
      defaultMessage: () => `$property must not stand beside ${other}`,
    },
  });

/** A list of mappings described by another class. */
export const SectionList = (sectionClass: () => new () => object): PropertyDecorator =>
  applyDecorators(Type(sectionClass), IsArray({ message: '$property must be a list' }), ValidateNested({ each: true }));
