import { relation } from '../../ogc/links.js';
import type { Page } from './list-query.js';
import type { Link } from './process-description.js';

const JSON_TYPE = 'application/json';

/** Parameters of a request that its own links repeat. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** Links of one process (OGC API - Processes 1.0, section 7.10): its own, those of the definition, and where it is executed. */
export function processLinks(base: string, id: string, own: readonly Link[], parameters: Parameters = {}): Link[] {
  const process = `${base}/processes/${encodeURIComponent(id)}`;
  return [
    { href: withParameters(process, parameters), rel: 'self', type: JSON_TYPE, title: 'The process description' },
    ...own,
    { href: `${process}/execution`, rel: relation.execute, type: JSON_TYPE, title: 'Execute the process' },
    {
      href: `${base}/jobs?${new URLSearchParams({ processID: id })}`,
      rel: relation.jobList,
      type: JSON_TYPE,
      title: 'Jobs of the process',
    },
  ];
}

/** Links of a page of the process list (section 7.9): itself, and the pages beside it where there are some. */
export function listLinks(base: string, { limit, offset }: Page, total: number, parameters: Parameters): Link[] {
  const list = `${base}/processes`;
  const page = (rel: string, title: string, at: number): Link => ({
    href: withParameters(list, { ...parameters, limit: String(limit), offset: at > 0 ? String(at) : undefined }),
    rel,
    type: JSON_TYPE,
    title,
  });
  return [
    { href: withParameters(list, parameters), rel: 'self', type: JSON_TYPE, title: 'This page' },
    ...(offset + limit < total ? [page('next', 'The next page', offset + limit)] : []),
    ...(offset > 0 ? [page('prev', 'The previous page', Math.max(0, offset - limit))] : []),
  ];
}

function withParameters(address: string, parameters: Parameters): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `${address}?${new URLSearchParams(given)}` : address;
}
