import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { isDeepStrictEqual } from 'node:util';
import { ApiError, badRequest } from '../objects/api-error.js';

type Json = unknown;
type JsonObject = Record<string, unknown>;

/** Lists that a strategic merge patch merges by a key instead of replacing them; those of the objects that are served here. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
  hostAliases: 'ip',
  podIPs: 'ip',
  hostIPs: 'ip',
};
/** Lists of plain values that a strategic merge patch adds to. */
const MERGED_LISTS = new Set(['finalizers']);

/**
 * Applies a patch of one of the three kinds, by its media type, to the target, which it may write on.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 * @throws ApiError 415 for another media type (server-side apply included), 422 when a JSON patch does not fit
 */
export function patched(target: JsonObject, patch: Json, mediaType: string): JsonObject {
  switch (mediaType) {
    case 'application/json-patch+json':
      return jsonPatch(target, patch);
    case 'application/merge-patch+json':
      return object(mergePatch(target, object(patch)));
    case 'application/strategic-merge-patch+json':
      return strategicMerge(target, object(patch));
    default:
      throw new ApiError(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json (the embedded cluster knows no server-side apply)`,
      );
  }
}

function object(value: Json): JsonObject {
  if (!isObject(value)) throw badRequest('the patch must be a JSON object');
  return value;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6902. */
function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  try {
    return fastJsonPatch.applyPatch(target, patch as Operation[], true, true, true).newDocument;
  } catch {
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
}

/** RFC 7386. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** A key may be `__proto__`, which an assignment would not set. */
function setOwn(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md */
function strategicMerge(target: JsonObject, patch: JsonObject): JsonObject {
  if (patch.$patch === 'replace') return without(patch, '$patch');
  if (patch.$patch === 'delete') return {};
  if (Array.isArray(patch.$retainKeys)) {
    for (const key of Object.keys(target)) if (!patch.$retainKeys.includes(key)) delete target[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    const current = Object.hasOwn(target, key) ? target[key] : undefined;
    if (key.startsWith('$deleteFromPrimitiveList/'))
      removeValues(target, key.slice('$deleteFromPrimitiveList/'.length), value);
    else if (key.startsWith('$')) continue;
    else if (value === null) delete target[key];
    else if (Array.isArray(value)) setOwn(target, key, mergeList(key, current, value));
    else if (isObject(value)) setOwn(target, key, strategicMerge(isObject(current) ? current : {}, value));
    else setOwn(target, key, value);
  }
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith('$setElementOrder/') && Array.isArray(order))
      orderList(target, key.slice('$setElementOrder/'.length), order);
  }
  return target;
}

function without(source: JsonObject, key: string): JsonObject {
  const { [key]: _removed, ...rest } = source;
  return rest;
}

function removeValues(target: JsonObject, key: string, values: Json): void {
  const list = target[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  const left = list.filter((each) => !values.some((value) => isDeepStrictEqual(value, each)));
  if (left.length > 0) target[key] = left;
  else delete target[key];
}

function mergeList(key: string, current: Json, patch: Json[]): Json[] {
  const list: Json[] = Array.isArray(current) ? current : [];
  if (MERGED_LISTS.has(key)) return [...new Set([...list, ...patch])];
  const mergeKey = MERGE_KEYS[key];
  const items = patch.filter(isObject);
  if (mergeKey === undefined || items.length !== patch.length) return patch;
  if (items.some((item) => item.$patch === 'replace' && Object.keys(item).length === 1))
    return items.filter((item) => item.$patch !== 'replace');
  const result = [...list];
  for (const item of items) {
    const index = result.findIndex((each) => isObject(each) && each[mergeKey] === item[mergeKey]);
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = strategicMerge(object(result[index]), item);
    else result.push(strategicMerge({}, item));
  }
  return result;
}

/** Items that the order does not name keep their places at the end. */
function orderList(target: JsonObject, key: string, order: Json[]): void {
  const list = target[key];
  if (!Array.isArray(list)) return;
  const mergeKey = MERGE_KEYS[key];
  const identity = (item: Json): Json => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item);
  const places = new Map(order.map((item, index) => [identity(item), index]));
  target[key] = list.toSorted(
    (a: Json, b: Json) => (places.get(identity(a)) ?? Infinity) - (places.get(identity(b)) ?? Infinity) || 0,
  );
}
