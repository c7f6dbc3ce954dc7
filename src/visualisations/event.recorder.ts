import { Injectable, Logger } from '@nestjs/common';
import type { CoreV1Event } from '@kubernetes/client-node';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ObjectClient } from '../k8s/client/object-client.js';
import { API_VERSION, EVENT_COMPONENT, KIND } from './names.js';
import type { VisualisationRecord } from './visualisation-record.js';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Longest message that the API takes. */
const LONGEST_MESSAGE = 1024;

/** Tells of instances in Kubernetes Events, for `kubectl describe`. They are for people only: that one cannot be written changes nothing. */
@Injectable()
export class EventRecorder {
  private readonly logger = new Logger(EventRecorder.name);
  private saidForbidden = false;

  constructor(private readonly client: ObjectClient) {}

  /** Never rejects. */
  async record(record: VisualisationRecord, text: EventText, now: Date): Promise<void> {
    try {
      await this.client.create('events', makeEvent(record, text, now));
    } catch (error) {
      const forbidden = error instanceof KubernetesError && error.failure === 'forbidden';
      if (forbidden && this.saidForbidden) return;
      this.saidForbidden ||= forbidden;
      this.logger.warn(`no event: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export function makeEvent(
  { name, namespace, uid }: Pick<VisualisationRecord, 'name' | 'namespace' | 'uid'>,
  { type, reason, message }: EventText,
  now: Date,
): CoreV1Event {
  // As the API's JSON: the library's type says Date.
  const at = now.toISOString().replace(/\.\d+Z$/, 'Z') as unknown as Date;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: API_VERSION, kind: KIND, name, namespace, uid },
    type,
    reason,
    message: message.slice(0, LONGEST_MESSAGE),
    source: { component: EVENT_COMPONENT },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
