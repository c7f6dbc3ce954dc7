import type { V1ResourceRequirements } from '@kubernetes/client-node';

type Quantities = Readonly<Record<string, string | number>>;

export interface RequestedResources {
  readonly cpu_limit?: string | number;
  readonly mem_limit?: string | number;
  readonly cpu_requests?: string | number;
  readonly mem_requests?: string | number;
}

/** Resources of the main container: the definition's, over what the request asks for. Undefined: none. */
export function makeResources(
  requested: RequestedResources,
  extraLimits: Quantities = {},
  extraRequests: Quantities = {},
): V1ResourceRequirements | undefined {
  const { cpu_limit: cpuLimit, mem_limit: memoryLimit, cpu_requests: cpu, mem_requests: memory } = requested;
  const limits = quantities({ ...given({ cpu: cpuLimit, memory: memoryLimit }), ...extraLimits });
  const requests = quantities({ ...given({ cpu, memory }), ...extraRequests });
  const parts = {
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  };
  return Object.keys(parts).length > 0 ? parts : undefined;
}

/** Kubernetes takes quantities as texts. */
export function quantities(values: Quantities = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([resource, quantity]) => [resource, String(quantity)]));
}

function given(values: Readonly<Record<string, string | number | undefined>>): Quantities {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string | number] => {
      const [, value] = entry;
      return value !== undefined && value !== '';
    }),
  );
}
