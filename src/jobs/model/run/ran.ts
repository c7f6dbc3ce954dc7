import { isMapping } from '../../../config/validation.js';
import { parseObject } from '../annotations/job-annotations.js';
import type { PodRecord } from '../pod-record.js';

/** What only a pod knows of its job's run; noted with the outcome, for pods go. Of a job that was tried again, of the last attempt. */
export interface Ran {
  /** Name of the node. */
  readonly node?: string;
  /** Of containers that ran, init containers first. */
  readonly images: readonly RanImage[];
}

export interface RanImage {
  readonly container: string;
  /** As the pod names it. */
  readonly image: string;
  /** `sha256:` and 64 hexadecimal digits, as the kubelet reports it; absent where it reports none. */
  readonly digest?: string;
}

/** An annotation of an object has to stay small. */
const MOST_IMAGES = 10;
const LONGEST_NAME = 512;

const DIGEST = /sha256:[0-9a-f]{64}$/;

/** @returns undefined where it got no node */
export function ranOf(pod: PodRecord | undefined): Ran | undefined {
  if (pod?.node === undefined) return undefined;
  const images = pod.containers
    .filter(({ hasRun }) => hasRun)
    .slice(0, MOST_IMAGES)
    .map(({ name, image, imageId = '' }): RanImage => {
      const digest = DIGEST.exec(imageId)?.[0];
      return { container: name, image: image.slice(0, LONGEST_NAME), ...(digest === undefined ? {} : { digest }) };
    });
  return { node: pod.node, images };
}

/**
 * What the annotation of an outcome says of it: no record of a job holds it in memory.
 * @returns undefined where it says nothing, as of jobs of earlier versions
 */
export function parseRan(outcome: string | undefined): Ran | undefined {
  const { ran } = parseObject(outcome);
  if (!isMapping(ran) || !Array.isArray(ran['images'])) return undefined;
  const { node } = ran;
  return { ...(typeof node === 'string' ? { node } : {}), images: ran['images'].filter(isRanImage) };
}

function isRanImage(value: unknown): value is RanImage {
  if (!isMapping(value)) return false;
  const { container, image, digest } = value;
  return typeof container === 'string' && typeof image === 'string' && (digest === undefined || isDigest(digest));
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && DIGEST.test(value);
}
