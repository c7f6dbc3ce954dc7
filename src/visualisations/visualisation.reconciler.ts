import { Injectable } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import { Configuration, type VisualisationSettings } from '../config/configuration.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { InvalidSecurityContextError } from '../security-context/security-contexts.js';
import { childResourcesOf, kindOf, type ChildResource } from './child-record.js';
import { ChildWriter, NameTakenError } from './child.writer.js';
import { EventRecorder, type EventText } from './event.recorder.js';
import { InvalidInstanceError, NotAllowedError, readInstance, type Instance } from './instance.js';
import { instanceKey } from './names.js';
import { makeDeployment } from './resources/deployment.js';
import { makeHttpRoute } from './resources/http-route.js';
import { makeIngress } from './resources/ingress.js';
import { makeService } from './resources/service.js';
import { StatusRecorder } from './status.recorder.js';
import { VisualisationCache } from './visualisation-cache.js';
import type { VisualisationRecord } from './visualisation-record.js';
import { madeOf, notCarriedOver, readinessOf, reason, type Made, type Readiness } from './visualisation-status.js';

/**
 * Brings one instance from whatever it is to what its resource says: Deployment, Service, Ingress and HTTPRoute, then the status. Correct
 * from any state; deleting is the garbage collector's.
 */
@Injectable()
export class VisualisationReconciler {
  private readonly settings: VisualisationSettings;

  constructor(
    private readonly cache: VisualisationCache,
    private readonly children: ChildWriter,
    private readonly status: StatusRecorder,
    private readonly events: EventRecorder,
    private readonly policy: SecurityContextPolicy,
    configuration: Configuration,
  ) {
    if (!configuration.visualisations) throw new Error('The operator of visualisations is off.');
    this.settings = configuration.visualisations;
  }

  /** @throws what may be over when it is tried again. What only a change can mend stands in the status and is no failure. */
  async reconcile(key: string, now: Date): Promise<void> {
    const record = this.cache.find(key);
    if (!record || record.deleting) {
      this.children.forget(key);
      return;
    }
    let made: Made;
    try {
      const instance = readInstance(record, this.settings);
      await this.ensureChildren(record, instance, now);
      made = madeOf(instance, this.cache.child('httproutes', key)?.acceptance);
    } catch (error) {
      await this.report(record, failedReadiness(error), undefined, now);
      if (isFinal(error)) return;
      throw error;
    }
    const deployment = this.cache.child('deployments', key);
    await this.report(record, readinessOf(deployment?.availability, this.cache.podsOf(key)), made, now);
  }

  private async ensureChildren(record: VisualisationRecord, instance: Instance, now: Date): Promise<void> {
    const isNew = record.status.viz === undefined;
    const wanted = this.objectsOf(instance);
    for (const resource of childResourcesOf(this.settings)) {
      const object = wanted[resource];
      const result = object
        ? await this.children.ensure(resource, object, instance)
        : await this.children.remove(resource, instance);
      if (result === 'unchanged') continue;
      await this.events.record(record, { type: 'Normal', ...textOf(result, kindOf[resource], isNew) }, now);
      const message = resource === 'httproutes' && object ? notCarriedOver(instance) : undefined;
      if (message) await this.events.record(record, { type: 'Warning', reason: 'NotCarriedOver', message }, now);
    }
  }

  private objectsOf(instance: Instance): Readonly<Partial<Record<ChildResource, KubernetesObject>>> {
    const { gateway } = instance;
    return {
      deployments: makeDeployment(instance, (podSpec) => this.policy.harden(podSpec)),
      services: makeService(instance),
      ...(instance.hasIngress ? { ingresses: makeIngress(instance) } : {}),
      ...(gateway ? { httproutes: makeHttpRoute({ ...instance, gateway }) } : {}),
    };
  }

  private async report(
    record: VisualisationRecord,
    readiness: Readiness,
    made: Made | undefined,
    now: Date,
  ): Promise<void> {
    // The answer to an earlier write of this pass may have brought a newer one.
    const current = this.cache.find(instanceKey(record.namespace, record.name)) ?? record;
    if (current.uid !== record.uid || current.deleting) return;
    const seen = { ...record, status: current.status };
    if (!(await this.status.record(seen, readiness, made, now))) return;
    const type = readiness.status === 'True' || readiness.reason === reason.starting ? 'Normal' : 'Warning';
    await this.events.record(record, { type, reason: readiness.reason, message: readiness.message }, now);
  }
}

function textOf(result: 'created' | 'changed' | 'removed', kind: string, isNew: boolean): Omit<EventText, 'type'> {
  if (result === 'created')
    return { reason: 'Created', message: isNew ? `${kind} created.` : `${kind} was not there; created anew.` };
  if (result === 'changed')
    return { reason: 'Updated', message: `${kind} differed from what the resource says; put right.` };
  return { reason: 'Removed', message: `${kind} is no longer made (SVO_ROUTES); removed.` };
}

/**
 * Nothing but a change of the resource, or of the server's configuration, mends it. A bad request may be good later: so the API server
 * hands on what an admission webhook denies, such as a path that another Ingress still has.
 */
function isFinal(error: unknown): boolean {
  return (
    error instanceof InvalidInstanceError ||
    error instanceof InvalidSecurityContextError ||
    (error instanceof KubernetesError && error.failure === 'invalid')
  );
}

function failedReadiness(error: unknown): Readiness {
  const message = error instanceof Error ? error.message : String(error);
  return { status: 'False', reason: reasonOf(error), message };
}

function reasonOf(error: unknown): string {
  if (error instanceof NotAllowedError) return reason.notAllowed;
  if (error instanceof InvalidInstanceError) return reason.invalid;
  if (error instanceof InvalidSecurityContextError) return reason.policyInvalid;
  if (error instanceof NameTakenError) return error.isFormer ? reason.formerGoes : reason.nameTaken;
  if (error instanceof KubernetesError && isFinal(error)) return reason.rejected;
  return reason.failed;
}
