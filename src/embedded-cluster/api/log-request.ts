import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badRequest, cause, invalid } from '../objects/api-error.js';
import { numberIn, type ApiRequest } from './api-request.js';
import type { ContainerLogs } from '../node/container-log.js';
import type { ContainerStatus, Pod } from '../objects/kubernetes-object.js';

/**
 * Answers `GET pods/NAME/log`, with the API server's and the kubelet's own messages.
 * @throws ApiError 400 (which container; not started yet; no previous run), 422 (options)
 */
export async function sendLog({ query, response }: ApiRequest, pod: Pod, logs: ContainerLogs): Promise<void> {
  const container = containerOf(pod, query.get('container'));
  const options = optionsOf(pod, query);
  const all = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  const status = all.find(({ name }) => name === container);
  const run = status ? runOf(pod, status, query.get('previous') === 'true') : undefined;
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  if (run === undefined) {
    response.end();
    return;
  }
  const ended = new AbortController();
  response.once('close', () => ended.abort());
  const log = logs.read(pod.metadata.uid, container, run, options, ended.signal);
  try {
    await pipeline(Readable.from(log, { objectMode: false }), response);
  } catch {
    // The client has gone, or the log with its pod: the answer has begun, so cutting it off is all that can be told.
    response.destroy();
  }
}

function containerOf({ metadata, spec }: Pod, wanted: string | null): string {
  const names = spec.containers.map(({ name }) => name);
  const initNames = (spec.initContainers ?? []).map(({ name }) => name);
  if (wanted) {
    if (![...names, ...initNames].includes(wanted))
      throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
    return wanted;
  }
  if (names.length === 1 && names[0] !== undefined) return names[0];
  const inits = initNames.length > 0 ? ` or one of the init containers: [${initNames.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]${inits}`,
  );
}

function optionsOf(pod: Pod, query: URLSearchParams): Parameters<ContainerLogs['read']>[3] {
  const tailLines = numberIn(query, 'tailLines');
  const sinceSeconds = numberIn(query, 'sinceSeconds');
  const limitBytes = numberIn(query, 'limitBytes');
  const sinceTime = query.get('sinceTime');
  const causes = [
    ...(tailLines !== undefined && tailLines < 0
      ? [cause.invalid('tailLines', tailLines, 'must be greater than or equal to 0')]
      : []),
    ...(sinceSeconds !== undefined && sinceSeconds < 1
      ? [cause.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0')]
      : []),
    ...(limitBytes !== undefined && limitBytes < 1
      ? [cause.invalid('limitBytes', limitBytes, 'must be greater than 0')]
      : []),
    ...(sinceTime && Number.isNaN(Date.parse(sinceTime))
      ? [cause.invalid('sinceTime', sinceTime, 'must be an RFC 3339 time')]
      : []),
  ];
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, causes);
  const since =
    sinceSeconds === undefined ? (sinceTime ? Date.parse(sinceTime) : undefined) : Date.now() - sinceSeconds * 1000;
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines !== undefined && { tailLines }),
    ...(since !== undefined && { since }),
    ...(limitBytes !== undefined && { limitBytes }),
  };
}

/** Which run's log is asked for: the one under way or last ended; undefined where none has ever started and none will. */
function runOf(
  pod: Pod,
  { name, state, lastState, restartCount }: ContainerStatus,
  previous: boolean,
): number | undefined {
  if (previous) {
    if (restartCount > 0) return restartCount - 1;
    throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
  }
  if (state.waiting && !lastState.terminated) {
    const { reason } = state.waiting;
    const why =
      reason === 'ErrImagePull'
        ? "image can't be pulled"
        : reason === 'ImagePullBackOff'
          ? 'trying and failing to pull image'
          : reason;
    throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${why}`);
  }
  return state.waiting ? restartCount - 1 : restartCount;
}
