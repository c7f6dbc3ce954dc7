import { relation } from '../../ogc/links.js';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { type Share, withShare } from '../../ogc/requests/share.js';
import { problemTypeReference } from '../../ogc/problem-types.js';
import type { JobStatus } from '../model/job-status.js';
import type { JobExceptionDto, StatusInfoDto } from '../model/status-info.dto.js';

const RESERVED = new Set([
  'jobID',
  'id',
  'processID',
  'type',
  'status',
  'created',
  'started',
  'finished',
  'updated',
  'cause',
  'processingEntityType',
  'request',
  'parameters',
  'exception',
  'resultProblems',
  'attempts',
  'omittedAttempts',
  'queue',
  'tags',
  'subscriber',
  'links',
]);

/**
 * A status as clients see it.
 * @param base the API's address without trailing slash
 * @param showLogTail whether the client may read the log
 * @param showRequest whether to lead to the execute request, which asks for the same
 */
export function toStatusInfo(
  status: JobStatus,
  base: string,
  showLogTail: boolean,
  showRequest = false,
): StatusInfoDto {
  const own = Object.fromEntries(Object.entries(status.messages).filter(([key]) => !RESERVED.has(key)));
  return {
    ...own,
    jobID: status.jobId,
    id: status.jobId,
    ...(status.processId ? { processID: status.processId } : {}),
    type: 'process',
    processingEntityType: 'ogc-api-processes',
    status: status.status,
    message: status.message,
    ...(status.progress === undefined ? {} : { progress: status.progress }),
    ...(showLogTail && status.parameters !== undefined ? { parameters: status.parameters } : {}),
    created: status.created.toISOString(),
    ...(status.started ? { started: status.started.toISOString() } : {}),
    ...(status.finished ? { finished: status.finished.toISOString() } : {}),
    updated: status.updated.toISOString(),
    ...(status.cause
      ? { cause: { ...status.cause, ...(showLogTail && status.logTail ? { log: status.logTail } : {}) } }
      : {}),
    ...(status.status === 'failed' ? { exception: exceptionOf(status, base) } : {}),
    ...(showRequest && status.keepsRequest ? { request: requestLink(status, base) } : {}),
    ...(status.resultProblems?.length
      ? { resultProblems: status.resultProblems.map((problem) => ({ ...problem })) }
      : {}),
    ...(status.attempts.length > 0
      ? {
          attempts: status.attempts.map(
            ({ uid: _uid, logKey: _key, logSize: _size, logDigest: _digest, ...attempt }, at) => ({
              attempt: (status.omittedAttempts ?? 0) + at + 1,
              ...attempt,
            }),
          ),
        }
      : {}),
    ...(status.omittedAttempts === undefined ? {} : { omittedAttempts: status.omittedAttempts }),
    ...(status.queue ? { queue: { ...status.queue } } : {}),
    ...(status.tags ? { tags: [...status.tags] } : {}),
    ...(status.subscriber
      ? { subscriber: status.subscriber.map((delivery) => ({ ...delivery, history: [...delivery.history] })) }
      : {}),
    links: jobLinks(status, base),
  };
}

/** With whose it is, for those who see all jobs: whatever the job itself says under that name. */
export function withOwner(info: StatusInfoDto, { ownerName, ownerIssuer }: JobStatus): StatusInfoDto {
  const { owner: _said, ownerIssuer: _saidToo, links, ...others } = info;
  return {
    ...others,
    ...(ownerName === undefined ? {} : { owner: ownerName }),
    ...(ownerIssuer === undefined ? {} : { ownerIssuer }),
    links,
  };
}

/** What a caller may know of a job in a list. */
export interface Seen {
  readonly status: boolean;
  readonly log: boolean;
  readonly owner: boolean;
}

/** A status as who sees so much of it has it in a list. */
export function toSeenStatusInfo(status: JobStatus, base: string, seen: Seen): StatusInfoDto {
  if (!seen.status) return toShortStatusInfo(status, base);
  const info = toStatusInfo(status, base, seen.log);
  return seen.owner ? withOwner(info, status) : info;
}

/**
 * What everybody may know of a job whose status is not for everybody: that it is there, of which process, its state and when that came; nothing that the
 * job or its request said, and no link to results.
 */
export function toShortStatusInfo(status: JobStatus, base: string): StatusInfoDto {
  const { jobID, id, processID, type, processingEntityType, created, started, finished, updated, links } = toStatusInfo(
    { ...status, messages: {}, attempts: [], omittedAttempts: undefined },
    base,
    false,
  );
  return {
    jobID,
    id,
    processID,
    type,
    processingEntityType,
    status: status.status,
    created,
    started,
    finished,
    updated,
    links: links?.filter(({ rel }) => !OF_RESULTS.has(rel)),
  };
}

/** Relations of what only readers of results are led to. */
const OF_RESULTS = new Set<string>([relation.results, relation.exceptions, relation.provenance]);

/** Relations that a link for others opens, of the links of a status. */
const OPEN = new Set<string>(['self', 'monitor', relation.results, relation.exceptions]);

/**
 * What whoever follows a link for others may know of a job: what a reader of the status does, but neither log nor request, tags included, nor
 * who is told.
 * @param share that its links are to have; undefined: it has no links
 */
export function toSharedStatusInfo(status: JobStatus, base: string, share?: Share): StatusInfoDto {
  const { links = [], ...info } = toStatusInfo({ ...status, subscriber: undefined, tags: undefined }, base, false);
  if (!share) return { ...info, links: [] };
  const open = links.filter(({ rel }) => OPEN.has(rel));
  return { ...info, links: open.map((link) => ({ ...link, href: withShare(link.href, share) })) };
}

/** What `/results` of the job answers, but for the log. */
function exceptionOf({ cause, message }: JobStatus, base: string): JobExceptionDto {
  return {
    type: base + problemTypeReference(cause?.type ?? 'failed'),
    title: 'Job failed',
    status: 500,
    detail: message,
  };
}

function requestLink({ jobId }: JobStatus, base: string): LinkDto {
  return {
    href: `${base}/jobs/${jobId}/request`,
    rel: 'related',
    type: 'application/json',
    title: 'The execute request, secrets masked',
  };
}

function jobLinks(status: JobStatus, base: string): LinkDto[] {
  const job = `${base}/jobs/${status.jobId}`;
  const json = 'application/json';
  return [
    { href: job, rel: 'self', type: json, title: 'This document' },
    { href: job, rel: 'monitor', type: json, title: 'The status of the job' },
    ...(status.status === 'successful' && !status.hasNoOutputs
      ? [{ href: `${job}/results`, rel: relation.results, title: 'The results' }]
      : []),
    ...(status.status === 'failed'
      ? [
          {
            href: `${job}/results`,
            rel: relation.exceptions,
            type: 'application/problem+json',
            title: 'Why the job failed',
          },
        ]
      : []),
    ...(status.finished
      ? [
          {
            href: `${job}/prov`,
            rel: relation.provenance,
            type: json,
            title: 'Where its results come from, as PROV-JSON',
          },
        ]
      : []),
    { href: `${job}/logs`, rel: 'log', type: 'text/plain', title: 'The log' },
    ...status.attempts
      .map((_, at) => (status.omittedAttempts ?? 0) + at + 1)
      .map((attempt) => ({
        href: `${job}/logs?attempt=${attempt}`,
        rel: 'log',
        type: 'text/plain',
        title: `The log of attempt ${attempt}`,
      })),
    ...(status.processId
      ? [
          {
            href: `${base}/processes/${encodeURIComponent(status.processId)}`,
            rel: 'up',
            type: json,
            title: 'The process',
          },
        ]
      : []),
  ];
}
