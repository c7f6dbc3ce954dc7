import type { LocalizedKeywords, LocalizedText } from '../../config/configuration.js';
import { localize, localizeKeywords } from '../../ogc/languages.js';
import type { Link, ProcessDescription } from './process-description.js';

/** A process as JSON for one client (schema process.yaml), without the links of the server. */
export interface LocalizedProcess extends LocalizedSummary {
  readonly inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly example?: Readonly<Record<string, unknown>>;
}

/** Schema processSummary.yaml. */
export interface LocalizedSummary {
  readonly id: string;
  readonly version: string;
  readonly title?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly jobControlOptions: readonly string[];
  readonly outputTransmission: readonly string[];
  readonly links: readonly Link[];
}

export function localizeSummary(description: ProcessDescription, languages: readonly string[]): LocalizedSummary {
  return {
    id: description.id,
    version: description.version,
    ...texts(description, languages),
    jobControlOptions: description.jobControlOptions,
    outputTransmission: description.outputTransmission,
    links: description.links,
  };
}

export function localizeDescription(description: ProcessDescription, languages: readonly string[]): LocalizedProcess {
  return {
    ...localizeSummary(description, languages),
    inputs: eachLocalized(description.inputs, languages),
    outputs: eachLocalized(description.outputs, languages),
    ...(description.example ? { example: description.example } : {}),
  };
}

interface Described {
  readonly title?: LocalizedText;
  readonly description?: LocalizedText;
  readonly keywords?: LocalizedKeywords;
}

function texts({ title, description, keywords }: Described, languages: readonly string[]) {
  return {
    ...(title !== undefined ? { title: localize(title, languages) } : {}),
    ...(description !== undefined ? { description: localize(description, languages) } : {}),
    ...(keywords !== undefined ? { keywords: localizeKeywords(keywords, languages) } : {}),
  };
}

function eachLocalized(described: Readonly<Record<string, Described>>, languages: readonly string[]) {
  return Object.fromEntries(Object.entries(described).map(([id, one]) => [id, { ...one, ...texts(one, languages) }]));
}
