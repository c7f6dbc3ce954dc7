/**
 * What the containers of a pod use, of `metrics.k8s.io/v1beta1`: https://github.com/kubernetes/metrics. Go writes null for lists and maps
 * that were never filled, and for a time that is not known.
 */
export interface PodMetrics {
  readonly metadata: { readonly name: string };
  /** RFC 3339: the end of {@link window}. */
  readonly timestamp: string | null;
  /** Over how long processor time was measured, as Go writes durations. */
  readonly window: string | null;
  /** Of those that run. */
  readonly containers: readonly ContainerMetrics[] | null;
}

export interface ContainerMetrics {
  /** Quantities: processors, and bytes of the working set. */
  readonly usage: { readonly cpu?: string; readonly memory?: string } | null;
}
