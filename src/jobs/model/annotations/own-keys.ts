/** What stands in the object store of a job. */
export type KindOfKey = 'log' | 'result' | 'inputs';

const AFTER_NAME: Readonly<Record<KindOfKey, RegExp>> = {
  log: /^-logs[.][^/\\]+$/,
  result: /^-(?:result(?:[-.][^/\\]+)?|output-[^/\\]+)$/,
  inputs: /^-inputs-[^/\\]+$/,
};
const DAY = /^\d{4}-\d{2}-\d{2}_/;

/**
 * Whether a key of the object store is of this very job, and of this kind: the configured prefix, a day, the Job's name, the kind.
 * Annotations are in the hands of everybody who may edit a Job: what is another's is neither read nor removed, and a job's own inputs
 * or log are no result of it, for others may read those.
 * @param prefix undefined: any, for what this server itself has signed, perhaps before its configuration was changed
 */
export function isOwnKey(kind: KindOfKey, key: string, jobName: string, prefix: string | undefined): boolean {
  const start = prefix ?? key.slice(0, key.lastIndexOf('/') + 1);
  const name = key.slice(start.length);
  if (!key.startsWith(start) || !DAY.test(name)) return false;
  const rest = name.replace(DAY, '');
  return rest.startsWith(jobName) && AFTER_NAME[kind].test(rest.slice(jobName.length));
}
