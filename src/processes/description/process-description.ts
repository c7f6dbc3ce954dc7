import type { JsonSchema } from '../schema/json-schema.js';
import type { LocalizedKeywords, LocalizedText } from '../../config/configuration.js';

/** How a process may be executed, and whether its jobs may be dismissed (OGC API - Processes 1.0, section 7.9). */
export type JobControlOption = 'sync-execute' | 'async-execute' | 'dismiss';
/** How an output is given: in the answer, or by a link. */
export type TransmissionMode = 'value' | 'reference';

/** OGC API - Common, schema link.yaml. */
export interface Link {
  readonly href: string;
  readonly rel: string;
  readonly type?: string;
  readonly title?: string;
  readonly hreflang?: string;
}

/** OGC API - Processes 1.0, schema inputDescription.yaml. */
export interface InputDescription {
  readonly title?: LocalizedText;
  readonly description?: LocalizedText;
  readonly keywords?: LocalizedKeywords;
  readonly schema: JsonSchema;
  /** Default 1. */
  readonly minOccurs?: number;
  /** Default 1. */
  readonly maxOccurs?: number | 'unbounded';
  readonly [key: string]: unknown;
}

/** OGC API - Processes 1.0, schema outputDescription.yaml. */
export interface OutputDescription {
  readonly title?: LocalizedText;
  readonly description?: LocalizedText;
  readonly schema: JsonSchema;
  /** How many values it may have (OGC API - Processes 2.0 draft, schema schemaAndOccurrences.yaml); default 1. */
  readonly maxOccurs?: number | 'unbounded';
  readonly [key: string]: unknown;
}

/**
 * A process as the server holds it: texts may still be keyed by language ({@link localize} picks one for an answer), links are
 * those of the definition only.
 */
export interface ProcessDescription {
  readonly id: string;
  readonly version: string;
  readonly title?: LocalizedText;
  readonly description?: LocalizedText;
  readonly keywords?: LocalizedKeywords;
  readonly jobControlOptions: readonly JobControlOption[];
  readonly outputTransmission: readonly TransmissionMode[];
  readonly links: readonly Link[];
  readonly inputs: Readonly<Record<string, InputDescription>>;
  readonly outputs: Readonly<Record<string, OutputDescription>>;
  /** An execute request to try it with. */
  readonly example?: Readonly<Record<string, unknown>>;
}
