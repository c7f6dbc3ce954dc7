import { toShortStatusInfo, toStatusInfo } from '../jobs/listing/status-info.js';
import type { JobStatus } from '../jobs/model/job-status.js';
import type { StatusInfoDto } from '../jobs/model/status-info.dto.js';
import type { StatusChange } from './status-changes.js';

/** Media type of an event in JSON, whole (CloudEvents 1.0, JSON event format, section 3). */
export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json';

/** An event in JSON (CloudEvents 1.0). */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly type: JobEventType;
  /** The API's address. */
  readonly source: string;
  /** The channel that it is published to. */
  readonly subject: string;
  /** The same whoever publishes it, so that a repetition can be told. */
  readonly id: string;
  /** RFC 3339; when it happened. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: StatusInfoDto;
}

/** `result` is what pygeoapi publishes at an execution; `update` is told of what becomes of the job. */
export const jobEventTypes = { execution: 'org.ogc.api.job.result', update: 'org.ogc.api.job.update' } as const;
export type JobEventType = (typeof jobEventTypes)[keyof typeof jobEventTypes];

/** @param uid of the Job; @param source the API's address without trailing slash */
export function toCloudEvent(
  uid: string,
  status: JobStatus,
  change: StatusChange,
  { source, subject }: Pick<CloudEvent, 'source' | 'subject'>,
): CloudEvent {
  return {
    specversion: '1.0',
    type: change.isFirst ? jobEventTypes.execution : jobEventTypes.update,
    source,
    subject,
    id: `${uid}-${change.key}`,
    time: change.at.toISOString(),
    datacontenttype: 'application/json',
    data: dataOf(change.status === status.status ? status : asItWas(status, change), source),
  };
}

/**
 * What everybody may know of a job, and where more can be read, which asks for whatever rights that takes: who reads from
 * the broker is none of the API's callers. So nothing that the request or the job said.
 */
function dataOf(status: JobStatus, base: string): StatusInfoDto {
  const { links } = toStatusInfo({ ...status, attempts: [] }, base, false);
  return { ...toShortStatusInfo(status, base), links };
}

/** A status that has been followed by another before it could be told. */
function asItWas({ started: _started, finished: _finished, ...status }: JobStatus, change: StatusChange): JobStatus {
  return { ...status, status: change.status, updated: change.at };
}
