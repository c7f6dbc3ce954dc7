import type { Readable } from 'node:stream';
import type { CoreV1Event, V1Job, V1ObjectMeta, V1Pod, V1Secret } from '@kubernetes/client-node';
import type { PodMetrics } from './pod-metrics.js';

export interface ReadLogOptions {
  readonly follow?: boolean;
  /** Only so many lines at the end of what there is. */
  readonly tailLines?: number;
  /** Before each line the time at which it was written (RFC 3339, nanoseconds), and a blank. */
  readonly timestamps?: boolean;
  /** The stream ends after so many bytes; with `follow` once they are there. */
  readonly limitBytes?: number;
  /** Ends the stream with an error; where it is aborted before the stream is there, the call rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** A merge patch (RFC 7386): null removes a key. */
export interface JobPatch {
  readonly metadata?: {
    /** Makes the patch conditional on this very object. */
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly spec?: {
    readonly ttlSecondsAfterFinished?: number;
    readonly activeDeadlineSeconds?: number;
    readonly parallelism?: number;
    readonly suspend?: boolean;
  };
}

/**
 * The one way to the Kubernetes API, in the namespace where the jobs run. All methods reject with `KubernetesError`. Objects are as the API's JSON
 * has them: timestamps are strings, whatever the library's types say.
 */
export abstract class KubernetesClient {
  /** The namespace in which everything happens. */
  abstract readonly namespace: string;
  /** For people: `https://10.0.0.1:6443 (kubeconfig /home/me/.kube/config, context kind)` or `embedded cluster in /…`. */
  abstract readonly description: string;

  /** Signs what decides, as {@link patchJob} does. An answer that is lost on its way is no failure: the Job is looked up, and made where it is not there. Rejects with `already-exists` where another has its name. */
  abstract createJob(job: V1Job): Promise<V1Job>;
  /** Undefined where there is none. */
  abstract getJob(name: string): Promise<V1Job | undefined>;
  /** Signs the annotations that decide. Undefined where there is none (any more), or where the patch's uid is another's. */
  abstract patchJob(name: string, patch: JobPatch): Promise<V1Job | undefined>;
  /**
   * Deletes in the foreground (the Job stays until its pods are gone), or in the background: at once, and its pods after it, which costs the
   * cluster two writes less. False where there is none or the uid is another's.
   */
  abstract deleteJob(name: string, uid?: string, propagation?: 'Foreground' | 'Background'): Promise<boolean>;
  /** Every Job of the namespace, read in chunks. */
  abstract listJobs(): Promise<V1Job[]>;
  /**
   * What the pods of Jobs use, as the cluster's metrics have it, all in one answer. Rejects with `not-found` where they are not served.
   */
  abstract listPodMetrics(): Promise<readonly PodMetrics[]>;
  abstract getPod(name: string): Promise<V1Pod | undefined>;
  /** Every pod of the namespace, read in chunks. */
  abstract listPods(): Promise<V1Pod[]>;
  /** The pods that the Job controller made for a Job of this name, by their label. */
  abstract listPodsOfJob(jobName: string): Promise<V1Pod[]>;
  /**
   * Takes one finalizer off a pod by a strategic-merge `$deleteFromPrimitiveList/finalizers` patch, leaving others'.
   * Nothing happens when the pod is gone or is another (uid).
   */
  abstract removePodFinalizer(name: string, uid: string, finalizer: string): Promise<void>;
  /**
   * A container's log as bytes, not decoded. With `follow` the stream ends when the container has ended; a broken connection destroys the stream
   * with an error. Rejects with `KubernetesError`: `not-found` (pod gone), `bad-request` (container not started; the message says why).
   */
  abstract readLog(podName: string, container: string, options?: ReadLogOptions): Promise<Readable>;
  /** Names and labels of all secrets of the namespace, read in chunks. Only metadata is asked for, so that values never reach this server. */
  abstract listSecrets(): Promise<V1ObjectMeta[]>;
  /** The secret's values are in `stringData`. */
  abstract createSecret(secret: V1Secret): Promise<void>;
  abstract createEvent(event: CoreV1Event): Promise<void>;
  /**
   * Whether the server's own account may do this in the namespace (a SelfSubjectAccessReview), as in `kubectl auth can-i`.
   * @param resource with its group: `pods`, `jobs.batch`, `leases.coordination.k8s.io`
   * @param subresource as in `log` of `pods`
   */
  abstract canI(verb: string, resource: string, subresource?: string): Promise<boolean>;
}
