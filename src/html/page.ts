import type { ComponentChild } from 'preact';
import type { LinkDto } from '../ogc/ogc.dto.js';
import type { PageContext } from '../ogc/pages.js';
import type { ProblemType } from '../ogc/problem-types.js';
import type { MapBackground } from './results/map-view.js';
import type { OverviewData } from './lists/overview.js';
import type { Translate } from './texts/texts.js';

/** The content of a page. */
export interface Page {
  readonly title: string;
  readonly content: ComponentChild;
  readonly links?: readonly LinkDto[];
  /** Seconds after which a browser without scripts asks again; undefined: never. */
  readonly refresh?: number;
  /** Entries of `browser/` that the page runs, by their names without ending, beside that of every page. */
  readonly scripts?: readonly string[];
  /** Whether it may load the tiles of a background map. */
  readonly hasMap?: boolean;
}

/** What a page is made with. */
export interface PageMaking extends PageContext {
  /** Texts of the interface in the reader's language; in components: `useTexts`. */
  readonly t: Translate;
  /** Of maps; undefined: the outline of the land alone. */
  readonly background?: MapBackground;
  /** What there is on the server, for its landing page; undefined where nobody knows. */
  readonly overview: () => OverviewData | undefined;
  /** What is known of a type of problems, by the last part of its address. */
  readonly problemType: (name: string) => ProblemType | undefined;
}

/** Makes the page of a resource, of nothing but what the resource's JSON holds. */
export type PageMaker<T> = (resource: T, context: PageMaking) => Page;
