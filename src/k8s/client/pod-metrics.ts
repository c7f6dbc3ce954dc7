/** What the containers of a pod use, of `metrics.k8s.io/v1beta1`: https://github.com/kubernetes/metrics */
export interface PodMetrics {
  readonly metadata: { readonly name: string };
  /** RFC 3339: the end of {@link window}. */
  readonly timestamp: string;
  /** Over how long processor time was measured, as Go writes durations. */
  readonly window: string;
  /** Quantities: processors, and bytes of the working set. */
  readonly containers: readonly { readonly usage: { readonly cpu?: string; readonly memory?: string } }[];
}
