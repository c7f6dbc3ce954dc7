/** Upper bounds of histograms, seconds. */

/** Answers of this server and of what it asks, some of which (synchronous executions, followed logs) take as long as a job. */
export const ANSWER_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Requests to the Kubernetes API and to the object store, which are given up after half a minute or go on for a large object. */
export const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From a fraction of a second, when all is well, to minutes, when something is away. */
export const COLLECT_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** From a second, which is all that Kubernetes' times tell, to a day. */
export const JOB_BUCKETS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 43_200, 86_400];
