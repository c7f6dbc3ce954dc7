import { ApiError, expired } from '../objects/api-error.js';
import { numberIn, wantsTable, type ApiRequest } from './api-request.js';
import type { KubeObject } from '../objects/kubernetes-object.js';
import { groupVersion } from '../objects/resource.js';
import type { Matcher } from './selectors.js';
import { table } from './tables.js';
import { json, type Change, type VersionedStore } from '../objects/versioned-store.js';

/** How often a watch that asked for bookmarks gets one, milliseconds. */
const BOOKMARK_INTERVAL = 60_000;
const DEFAULT_TIMEOUT_SECONDS = 1800;
/** A client that does not read this much is cut off, bytes. */
const MAX_UNREAD = 64 * 1024 * 1024;

/**
 * Answers a watch: what has changed since a version (or, without one, everything that is there and then the changes) until the timeout or the client's end.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watch(request: ApiRequest, store: VersionedStore, matches: Matcher): void {
  const { resource, query, response, namespace } = request;
  const since = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(since)) {
    throw new ApiError(
      500,
      undefined,
      `resourceVersion: Invalid value: "${since}": strconv.ParseUint: parsing "${since}": invalid syntax`,
    );
  }
  const isTable = wantsTable(request);
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  const includes = (object: KubeObject): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) && matches(object);
  let columnsSent = false;

  const send = (type: string, text: string): void => {
    response.write(`{"type":"${type}","object":${text}}\n`);
    if (response.writableLength > MAX_UNREAD) response.destroy();
  };
  const sendObject = (type: string, object: KubeObject): void => {
    if (!isTable) return send(type, json(object));
    const meta = { resourceVersion: object.metadata.resourceVersion };
    send(type, JSON.stringify(table(resource, [object], query.get('includeObject') ?? 'Metadata', meta, !columnsSent)));
    columnsSent = true;
  };
  const sendBookmark = (annotations?: Record<string, string>): void => {
    const metadata = { resourceVersion: String(store.version), ...(annotations && { annotations }) };
    send('BOOKMARK', JSON.stringify({ kind: resource.kind, apiVersion: groupVersion(resource), metadata }));
  };
  const sendChange = ({ type, object, previous }: Change): void => {
    const before = type !== 'ADDED' && previous !== undefined && includes(previous);
    const now = type !== 'DELETED' && includes(object);
    if (now) sendObject(before ? 'MODIFIED' : 'ADDED', object);
    // What left the selection shows with the version of the change, but as it was.
    else if (before)
      sendObject(
        'DELETED',
        type === 'DELETED'
          ? object
          : { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion } },
      );
  };

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const fromNow = since === '' || since === '0' || query.get('sendInitialEvents') === 'true';
  if (fromNow) {
    for (const object of store.list(resource, namespace)) if (includes(object)) sendObject('ADDED', object);
    if (bookmarks && (since === '' || query.get('sendInitialEvents') === 'true'))
      sendBookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = store.changesSince(resource, Number(since));
    if (!missed) {
      send('ERROR', JSON.stringify(expired(`too old resource version: ${since} (${store.version})`).toStatus()));
      response.end();
      return;
    }
    missed.forEach(sendChange);
  }
  const unsubscribe = store.subscribe(resource, (change) => {
    if (change.version > Number(since)) sendChange(change);
  });
  const ticker = bookmarks ? setInterval(() => sendBookmark(), BOOKMARK_INTERVAL) : undefined;
  const timeout = setTimeout(
    () => {
      if (bookmarks) sendBookmark();
      response.end();
    },
    Math.min(numberIn(query, 'timeoutSeconds') || DEFAULT_TIMEOUT_SECONDS, 86_400) * 1000,
  );
  response.once('close', () => {
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(timeout);
  });
}
