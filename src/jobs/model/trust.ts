import { annotation, ownAnnotation } from '../../k8s/names.js';
import { type Annotations, judge, type SigningKeys } from '../../signing/signatures.js';
import {
  formatOutputs,
  parseAttempts,
  parseKeptInputs,
  parseOmittedAttempts,
  parseOutputs,
  parseStoredResult,
  parseTransferRecord,
} from './annotations/job-annotations.js';
import { isOwnKey, type KindOfKey } from './annotations/own-keys.js';

/** By what the annotations of Jobs are believed. */
export interface Trust {
  readonly keys?: SigningKeys;
  /** Of the object store; absent: any. */
  readonly pathPrefix?: string;
}

/** What is believed of a Job's annotations, and what is known against them. */
export interface Standing {
  readonly annotations: Annotations;
  readonly processUnsigned?: true;
  readonly disputed?: readonly string[];
  readonly wronglySigned?: true;
  readonly signedElsewhere?: readonly string[];
}

/** An annotation with keys of the object store: what is left of it without those that are not own, undefined for nothing. */
interface Pointing {
  readonly kind: KindOfKey;
  readonly without: (text: string, isOwn: (key: string) => boolean) => string | undefined;
}

const POINTING: Readonly<Record<string, Pointing>> = {
  [ownAnnotation.logKey]: { kind: 'log', without: (text, isOwn) => (isOwn(text) ? text : undefined) },
  [ownAnnotation.attempts]: {
    kind: 'log',
    without: (text, isOwn) => {
      const attempts = parseAttempts(text);
      const own = attempts.filter(({ logKey }) => isOwn(logKey));
      if (own.length === attempts.length) return text;
      const omitted = parseOmittedAttempts(text);
      return JSON.stringify({ attempts: own, ...(omitted > 0 ? { omitted } : {}) });
    },
  },
  [ownAnnotation.result]: {
    kind: 'result',
    without: (text, isOwn) => (isOwnOrNone(parseStoredResult(text)?.key, isOwn) ? text : undefined),
  },
  [ownAnnotation.outputs]: {
    kind: 'result',
    without: (text, isOwn) => {
      const outputs = parseOutputs(text);
      if (!outputs) return text;
      const own = [...outputs].filter(([, output]) => !('key' in output) || isOwn(output.key));
      return own.length === outputs.size ? text : formatOutputs(new Map(own));
    },
  },
  [ownAnnotation.shownRequest]: {
    kind: 'inputs',
    without: (text, isOwn) => (isOwnOrNone(parseKeptInputs(text), isOwn) ? text : undefined),
  },
  [ownAnnotation.transfer]: {
    kind: 'inputs',
    without: (text, isOwn) => (isOwnOrNone(parseTransferRecord(text)?.inputs, isOwn) ? text : undefined),
  },
};

/** Of the annotations of a Job what may be read: nothing that is wrongly signed, no key of what is another's. */
export function believe({ keys = [], pathPrefix }: Trust, jobName: string, annotations: Annotations): Standing {
  const { believed, wrong, unknown, isSigned } = judge(keys, jobName, annotations);
  const own: Record<string, string | undefined> = {};
  const foreign: string[] = [];
  for (const [name, { kind, without }] of Object.entries(POINTING)) {
    const value = believed[name];
    if (value === undefined) continue;
    const left = without(value, (key) => isOwnKey(kind, key, jobName, isSigned(name) ? undefined : pathPrefix));
    if (left === value) continue;
    foreign.push(name);
    own[name] = left;
  }
  const disputed = [...wrong, ...foreign].map(shortName);
  return {
    annotations: foreign.length === 0 ? believed : defined({ ...believed, ...own }),
    ...(keys.length > 0 && !isSigned(annotation.processId) ? { processUnsigned: true as const } : {}),
    ...(disputed.length > 0 ? { disputed } : {}),
    ...(wrong.length > 0 ? { wronglySigned: true as const } : {}),
    ...(unknown.length > 0 ? { signedElsewhere: unknown.map(shortName) } : {}),
  };
}

function isOwnOrNone(key: string | undefined, isOwn: (key: string) => boolean): boolean {
  return key === undefined || isOwn(key);
}

function defined(values: Readonly<Record<string, string | undefined>>): Annotations {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function shortName(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}
