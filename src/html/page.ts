import type { ComponentChild } from 'preact';
import type { LinkDto } from '../ogc/ogc.dto.js';
import type { PageContext } from '../ogc/pages.js';

/** The content of a page. */
export interface Page {
  readonly title: string;
  readonly content: ComponentChild;
  readonly links?: readonly LinkDto[];
  /** Seconds after which the browser asks again; undefined: never. */
  readonly refresh?: number;
}

/** Makes the page of a resource, of nothing but what the resource's JSON holds. */
export type PageMaker<T> = (resource: T, context: PageContext) => Page;
