import type { V1JobSpec } from '@kubernetes/client-node';
import { cause, type Cause } from './api-error.js';
import type { ContainerStatus, Pod } from './kubernetes-object.js';

type Rule = NonNullable<V1JobSpec['podFailurePolicy']>['rules'][number];

/** What a Job does about a failed pod. `Count` is what it does without a policy. */
export interface FailureVerdict {
  readonly action: 'FailJob' | 'Ignore' | 'Count';
  /** Of `FailJob`. */
  readonly message?: string;
}

/**
 * The first rule that the pod matches decides.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function failureVerdict({ podFailurePolicy }: V1JobSpec, pod: Pod): FailureVerdict {
  const { namespace, name } = pod.metadata;
  for (const [index, rule] of (podFailurePolicy?.rules ?? []).entries()) {
    const what = matchOf(rule, pod);
    if (what === undefined) continue;
    const action = rule.action as FailureVerdict['action'];
    return action === 'FailJob'
      ? { action, message: `${what(`${namespace}/${name}`)} matching FailJob rule at index ${index}` }
      : { action };
  }
  return { action: 'Count' };
}

function matchOf({ onExitCodes, onPodConditions }: Rule, pod: Pod): ((of: string) => string) | undefined {
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const ended = statusesOf(pod).find(({ name, state }) => {
      const code = state.terminated?.exitCode ?? 0;
      if ((containerName !== undefined && name !== containerName) || code === 0) return false;
      return values.includes(code) === (operator === 'In');
    });
    return (
      ended &&
      ((of) => `Container ${ended.name} for pod ${of} failed with exit code ${ended.state.terminated?.exitCode}`)
    );
  }
  const condition = (onPodConditions ?? []).find(({ type, status = 'True' }) =>
    pod.status.conditions?.some((each) => each.type === type && each.status === status),
  );
  return condition && ((of) => `Pod ${of} has condition ${condition.type}`);
}

function statusesOf({ status }: Pod): ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

/** What the API server refuses. */
export function failurePolicyCauses(spec: V1JobSpec): Cause[] {
  const { podFailurePolicy, podReplacementPolicy, template } = spec;
  if (!podFailurePolicy) return [];
  const rules = podFailurePolicy.rules ?? [];
  const at = 'spec.podFailurePolicy';
  const actions = ['FailJob', 'Ignore', 'Count'];
  return [
    ...(template.spec?.restartPolicy === 'Never'
      ? []
      : [
          cause.invalid(
            'spec.template.spec.restartPolicy',
            template.spec?.restartPolicy,
            'only "Never" is supported when podFailurePolicy is specified',
          ),
        ]),
    ...(podReplacementPolicy === 'Failed'
      ? []
      : [cause.unsupported('spec.podReplacementPolicy', String(podReplacementPolicy), ['Failed'])]),
    ...rules.flatMap(({ action, onExitCodes, onPodConditions }, index) => [
      ...(actions.includes(action) ? [] : [cause.unsupported(`${at}.rules[${index}].action`, action, actions)]),
      ...((onExitCodes === undefined) === (onPodConditions === undefined)
        ? [cause.invalid(`${at}.rules[${index}]`, '', 'specifying one of OnExitCodes and OnPodConditions is required')]
        : []),
      ...(onExitCodes?.operator === 'In' && onExitCodes.values.includes(0)
        ? [cause.invalid(`${at}.rules[${index}].onExitCodes.values`, 0, 'must not be 0 for the In operator')]
        : []),
    ]),
  ];
}
