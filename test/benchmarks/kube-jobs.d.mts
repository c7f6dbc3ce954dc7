import type { KubernetesApi } from './kubernetes-api.mjs';

/** What of it tests use. */
export interface JobTemplate {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
}

export function templateOf(
  bed: { readonly api: KubernetesApi },
  server: { submit(process: string, inputs?: unknown): Promise<string> },
  process: string,
  inputs?: unknown,
): Promise<JobTemplate>;
export function finished(template: JobTemplate, jobId: string, index: number, end?: Date): string;
