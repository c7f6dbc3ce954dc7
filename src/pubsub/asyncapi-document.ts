import type { Configuration, PubSubSettings } from '../config/configuration.js';
import { localize, localizeKeywords } from '../ogc/languages.js';
import { addressOf } from './channel.js';
import { CLOUD_EVENT_MEDIA_TYPE } from './cloud-event.js';
import { eventSchema } from './event-schema.js';

/** A process, as far as its channel tells of it. */
export interface ChannelProcess {
  readonly id: string;
  readonly title?: string;
}

/** What of an AsyncAPI document the page of it shows. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: { readonly default: { readonly host: string; readonly protocol: string } };
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string; readonly title: string; readonly 'x-ogc-link': { readonly href: string } }
    >
  >;
}

type Described = Pick<Configuration, 'metadata' | 'server'> & { readonly pubsub: PubSubSettings };

/**
 * What is published, and where (AsyncAPI 3.0.0; `x-ogc-link` as OGC 25-030, section 7, has it). The broker is only in it
 * where it is not hidden; its user and password never are.
 * @param base the API's address without trailing slash
 * @param version of this server
 */
export function asyncApiDocument(
  { metadata, server, pubsub }: Described,
  processes: readonly ChannelProcess[],
  base: string,
  version: string,
): AsyncApiDocument {
  const hasCredentials = pubsub.username !== undefined || pubsub.password !== undefined;
  const document = {
    asyncapi: '3.0.0' as const,
    id: base,
    defaultContentType: CLOUD_EVENT_MEDIA_TYPE,
    info: infoOf(metadata, server.languages, version),
    ...(pubsub.hidden ? {} : { servers: { default: serverOf(pubsub, hasCredentials) } }),
    channels: Object.fromEntries(
      processes.map((process) => [`notify-${process.id}`, channelObject(pubsub, process, base)]),
    ),
    operations: Object.fromEntries(processes.map(({ id }) => [`publish-${id}`, operationOf(pubsub, id)])),
    components: {
      messages: { jobStatus: MESSAGE },
      ...(hasCredentials && !pubsub.hidden ? { securitySchemes: { broker: securitySchemeOf(pubsub) } } : {}),
    },
  };
  return document;
}

const MESSAGE = {
  name: 'jobStatus',
  title: 'A job has come to have a status',
  summary: 'A CloudEvent, whole, as JSON (structured content mode)',
  contentType: CLOUD_EVENT_MEDIA_TYPE,
  payload: eventSchema,
};

function infoOf(
  { identification, contact = {}, license }: Configuration['metadata'],
  languages: readonly string[],
  version: string,
) {
  const { title, description, keywords, termsOfService, url } = identification;
  const tags = localizeKeywords(keywords, languages) ?? [];
  const { name, email, url: page } = contact;
  return {
    title: localize(title, languages) ?? 'OGC API - Processes',
    version,
    ...optional('description', localize(description, languages)),
    ...optional('termsOfService', address(termsOfService)),
    ...(license?.name ? { license: { name: license.name, ...optional('url', address(license.url)) } } : {}),
    contact: {
      ...optional('name', name),
      ...optional('email', /^\S+@\S+$/.test(email ?? '') ? email : ''),
      ...optional('url', address(page)),
    },
    ...(tags.length > 0 ? { tags: [...new Set(tags)].map((tag) => ({ name: tag })) } : {}),
    ...(address(url) === undefined ? {} : { externalDocs: { url } }),
  };
}

function serverOf({ url }: PubSubSettings, hasCredentials: boolean) {
  const { host, pathname, protocol } = new URL(url);
  return {
    host,
    ...(pathname.length > 1 ? { pathname } : {}),
    protocol: protocol.slice(0, -1),
    ...(hasCredentials ? { security: [{ $ref: '#/components/securitySchemes/broker' }] } : {}),
  };
}

function securitySchemeOf({ protocol }: PubSubSettings) {
  return protocol === 'mqtt' ? { type: 'userPassword' } : { type: 'http', scheme: 'basic' };
}

function channelObject(pubsub: PubSubSettings, { id, title }: ChannelProcess, base: string) {
  return {
    address: addressOf(pubsub, id),
    title: title ?? id,
    description: `What becomes of jobs of the process ${id}.`,
    messages: { jobStatus: { $ref: '#/components/messages/jobStatus' } },
    'x-ogc-link': {
      href: `${base}/processes/${encodeURIComponent(id)}`,
      rel: 'describedby',
      type: 'application/json',
      title: 'The process',
    },
  };
}

function operationOf({ protocol }: PubSubSettings, id: string) {
  // A fragment of a URI (RFC 6901, section 6).
  const key = encodeURIComponent(`notify-${id}`.replaceAll('~', '~0'));
  return {
    action: 'send',
    channel: { $ref: `#/channels/${key}` },
    summary: `Tells what becomes of jobs of the process ${id}`,
    bindings:
      protocol === 'mqtt'
        ? { mqtt: { qos: 1, retain: false, bindingVersion: '0.2.0' } }
        : { http: { method: 'POST', bindingVersion: '0.3.0' } },
  };
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value ? ({ [key]: value } as Record<K, string>) : {};
}

/** What is no address would make the document invalid. */
function address(text: string | undefined): string | undefined {
  return text !== undefined && URL.canParse(text) ? text : undefined;
}
