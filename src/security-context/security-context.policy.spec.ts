import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { SecurityContextPolicy } from './security-context.policy.js';

interface Given {
  readonly pod?: string;
  readonly container?: string;
  readonly processors?: Readonly<Record<string, object>>;
}

function policyWith({ pod, container, processors = {} }: Given): SecurityContextPolicy {
  const configuration = {
    file: 'config.yaml',
    environment: { jobPodSecurityContext: pod, jobContainerSecurityContext: container },
    processes: Object.entries(processors).map(([id, processor]) => ({
      id,
      path: `resources.${id}.processor`,
      processor: { name: 'x', ...processor },
    })),
  };
  return new SecurityContextPolicy(configuration as unknown as Configuration);
}

const podSpec = { containers: [{ name: 'main', image: 'python' }] };

describe('SecurityContextPolicy', () => {
  it('hardens with the definition over the environment over the baseline', () => {
    const policy = policyWith({ pod: 'off' });
    expect(policy.check()).toBeUndefined();
    expect(policy.harden(podSpec)).toEqual({
      containers: [
        {
          name: 'main',
          image: 'python',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    });
    expect(policy.harden(podSpec, { pod: { runAsUser: 1000 }, container: null })).toEqual({
      securityContext: { runAsUser: 1000 },
      containers: [{ name: 'main', image: 'python' }],
    });
  });

  it('hardens nothing while a variable is wrong, and tells readiness every fault', () => {
    const policy = policyWith({ pod: '{', container: '{"privileged": "yes"}' });
    expect(policy.check()).toBe(
      'PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT: must be a JSON object, or "off" or "none" (it is not valid JSON); ' +
        'PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT: privileged must be a boolean',
    );
    expect(() => policy.harden(podSpec)).toThrow('PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT');
    expect(() => policy.harden(podSpec, { pod: null, container: null })).toThrow(
      'PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT',
    );
  });

  it('stops the start with every wrong definition', () => {
    const policy = policyWith({
      processors: {
        right: { pod_security_context: null, container_security_context: { privileged: true } },
        first: { pod_security_context: 'strict' },
        second: { container_security_context: { runAsUser: -1 } },
      },
    });
    expect(() => policy.onModuleInit()).toThrow(
      'config.yaml: resources.first.processor.pod_security_context: must be an object\n' +
        'config.yaml: resources.second.processor.container_security_context.runAsUser: must be >= 0',
    );
  });
});
