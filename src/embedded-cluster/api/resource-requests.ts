import { ApiError, badRequest, cause, conflict, invalid, methodNotAllowed } from '../objects/api-error.js';
import { numberIn, readBody, sendJson, wantsTable, type ApiRequest } from './api-request.js';
import type { ContainerLogs } from '../node/container-log.js';
import { timestamp, type Draft, type KubeObject, type Pod } from '../objects/kubernetes-object.js';
import { ListPages } from './list-pages.js';
import { sendLog } from './log-request.js';
import type { DeleteOptions, ObjectRegistry } from '../objects/object-registry.js';
import { patched } from './patches.js';
import { DISRUPTION } from '../node/pod-status.js';
import { pods } from '../objects/resources.js';
import { groupVersion, type Resource } from '../objects/resource.js';
import { fieldSelector, labelSelector, type Matcher } from './selectors.js';
import { table } from './tables.js';
import { json } from '../objects/versioned-store.js';
import { watch } from './watch-request.js';

type Handler = (request: ApiRequest) => void | Promise<void>;

/** The verbs of the API for every resource. https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export class ResourceRequests {
  private readonly pages = new ListPages();
  private readonly ofCollection: Readonly<Record<string, Handler>> = {
    GET: (request) => this.listOrWatch(request),
    POST: (request) => this.create(request),
    DELETE: (request) => this.deleteCollection(request),
  };
  private readonly ofObject: Readonly<Record<string, Handler>> = {
    GET: (request) => (isWatch(request) ? this.listOrWatch(request) : this.get(request)),
    PUT: (request) => this.replace(request),
    PATCH: (request) => this.patch(request),
    DELETE: (request) => this.delete(request),
  };

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly logs: ContainerLogs,
  ) {}

  /** @throws ApiError */
  async handle(request: ApiRequest): Promise<void> {
    const { method, name, subresource, resource, query } = request;
    if (query.get('dryRun')) throw badRequest('the embedded cluster knows no dryRun');
    if (subresource === 'log' && resource.kind === 'Pod') {
      if (method !== 'GET') throw methodNotAllowed();
      return sendLog(request, this.current(request) as Pod, this.logs);
    }
    if (subresource === 'eviction' && resource.kind === 'Pod') {
      if (method !== 'POST') throw methodNotAllowed();
      return this.evict(request);
    }
    if (subresource !== undefined && !(subresource === 'status' && resource.statusSubresource && method !== 'DELETE')) {
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
    }
    const isReview = resource.virtual && method !== 'POST';
    const handler = (name === undefined ? this.ofCollection : this.ofObject)[method];
    if (!handler || isReview) throw methodNotAllowed();
    await handler(request);
  }

  private get(request: ApiRequest): void {
    this.answer(request, 200, this.current(request));
  }

  private listOrWatch(request: ApiRequest): void {
    const { resource, query, namespace, response } = request;
    const matches = selection(request);
    if (isWatch(request)) return watch(request, this.registry.store, matches);
    const { store } = this.registry;
    const wanted = Number(query.get('resourceVersion') ?? 0);
    if (wanted > store.version) {
      throw new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${store.version}`, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      });
    }
    const limit = numberIn(query, 'limit') ?? 0;
    const token = query.get('continue');
    const page = token
      ? this.pages.next(token, limit)
      : this.pages.first(store.list(resource, namespace).filter(matches), store.version, limit);
    const metadata = {
      resourceVersion: String(page.version),
      ...(page.continue && { continue: page.continue, remainingItemCount: page.remaining }),
    };
    if (wantsTable(request))
      return sendJson(response, 200, table(resource, page.items, query.get('includeObject') ?? 'Metadata', metadata));
    const head = JSON.stringify({ kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata }).slice(
      0,
      -1,
    );
    sendJson(response, 200, `${head},"items":[${page.items.map((object) => itemJson(resource, object)).join(',')}]}`);
  }

  private async create(request: ApiRequest): Promise<void> {
    const { resource, namespace } = request;
    const draft = await this.objectIn(request);
    if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
    this.answer(request, 201, this.registry.create(resource, namespace, draft));
  }

  private async replace(request: ApiRequest): Promise<void> {
    const { resource, namespace, name = '', subresource } = request;
    const next = await this.objectIn(request);
    if (next.metadata.name !== name) {
      throw badRequest(
        `the name of the object (${next.metadata.name ?? ''}) does not match the name on the URL (${name})`,
      );
    }
    const current = this.registry.require(resource, namespace, name);
    if (next.metadata.uid && next.metadata.uid !== current.metadata.uid) {
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    this.answer(
      request,
      200,
      this.registry.update(resource, namespace, name, () => next as KubeObject, scopeOf(subresource)),
    );
  }

  private async patch(request: ApiRequest): Promise<void> {
    const { resource, namespace, name = '', subresource, mediaType } = request;
    const patch = await readBody(request);
    const change = (draft: KubeObject): KubeObject => {
      const next = patched({ ...draft }, patch, mediaType) as unknown as KubeObject;
      if (typeof next.metadata !== 'object' || next.metadata === null) throw badRequest('metadata must be an object');
      if (next.metadata.name !== name)
        throw invalid(resource, name, [cause.invalid('metadata.name', next.metadata.name, 'field is immutable')]);
      return next;
    };
    this.answer(request, 200, this.registry.update(resource, namespace, name, change, scopeOf(subresource)));
  }

  private async delete(request: ApiRequest): Promise<void> {
    const { resource, namespace, name = '' } = request;
    const { object, gone } = this.registry.delete(resource, namespace, name, await deleteOptions(request));
    if (!gone || resource.answersDeleted) return this.answer(request, 200, object);
    const { group, plural: kind } = resource;
    const details = { name, ...(group && { group }), kind, uid: object.metadata.uid };
    sendJson(request.response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  /** There are no PodDisruptionBudgets. https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
  private async evict(request: ApiRequest): Promise<void> {
    const { namespace, name = '', response } = request;
    const { deleteOptions } = ((await readBody(request)) ?? {}) as { deleteOptions?: DeleteOptions };
    this.registry.update(pods, namespace, name, ({ status }) => {
      if (status.conditions?.some(({ type }) => type === DISRUPTION)) return;
      const [reason, message] = ['EvictionByEvictionAPI', 'Eviction API: evicting'];
      const condition = { type: DISRUPTION, status: 'True' as const, reason, message, lastTransitionTime: timestamp() };
      status.conditions = [...(status.conditions ?? []), condition];
    });
    this.registry.delete(pods, namespace, name, deleteOptions);
    sendJson(response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
  }

  private async deleteCollection(request: ApiRequest): Promise<void> {
    const { resource, namespace, response } = request;
    if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
    const options = await deleteOptions(request);
    const matches = selection(request);
    const objects = this.registry.store.list(resource, namespace).filter(matches);
    for (const { metadata } of objects) {
      if (this.registry.store.get(resource, metadata.namespace, metadata.name))
        this.registry.delete(resource, metadata.namespace, metadata.name, options);
    }
    const metadata = { resourceVersion: String(this.registry.store.version) };
    sendJson(response, 200, {
      kind: `${resource.kind}List`,
      apiVersion: groupVersion(resource),
      metadata,
      items: objects,
    });
  }

  private current({ resource, namespace, name = '' }: ApiRequest): KubeObject {
    return this.registry.require(resource, namespace, name);
  }

  private answer(request: ApiRequest, code: number, object: KubeObject): void {
    const { resource, response, query } = request;
    if (!wantsTable(request)) return sendJson(response, code, json(object));
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    sendJson(response, code, table(resource, [object], query.get('includeObject') ?? 'Metadata', metadata));
  }

  /** The object in the body. Type and kind may be left out. */
  private async objectIn(request: ApiRequest): Promise<Draft<KubeObject>> {
    const { resource } = request;
    const body = await readBody(request);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
    }
    const draft = body as Draft<KubeObject>;
    const version = groupVersion(resource);
    if ((draft.kind ?? resource.kind) !== resource.kind || (draft.apiVersion ?? version) !== version) {
      throw badRequest(`${draft.kind} in version "${draft.apiVersion}" cannot be handled as a ${resource.kind}`);
    }
    if (draft.metadata !== undefined && (typeof draft.metadata !== 'object' || draft.metadata === null))
      throw badRequest('metadata must be an object');
    if (draft.spec !== undefined && (typeof draft.spec !== 'object' || draft.spec === null))
      throw badRequest('spec must be an object');
    return { ...draft, metadata: draft.metadata ?? {} };
  }
}

function isWatch({ query }: ApiRequest): boolean {
  return ['true', '1'].includes(query.get('watch') ?? '');
}

function scopeOf(subresource: string | undefined): 'spec' | 'status' {
  return subresource === 'status' ? 'status' : 'spec';
}

function selection({ resource, query, name }: ApiRequest): Matcher {
  const byLabel = labelSelector(query.get('labelSelector') ?? undefined);
  const fields = ['metadata.name', 'metadata.namespace', ...(resource.selectableFields ?? [])];
  const byField = fieldSelector(query.get('fieldSelector') ?? undefined, resource.kind, fields);
  return (object) => (name === undefined || object.metadata.name === name) && byLabel(object) && byField(object);
}

/** In the body or the query. */
async function deleteOptions(request: ApiRequest): Promise<DeleteOptions> {
  const body = ((await readBody(request)) ?? {}) as DeleteOptions;
  const { query } = request;
  const grace = numberIn(query, 'gracePeriodSeconds');
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      cause.unsupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan']),
    ]);
  }
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...body,
    ...(policy && { propagationPolicy: policy as DeleteOptions['propagationPolicy'] }),
  };
}

/** Items of a list carry no type. */
function itemJson(resource: Resource, object: KubeObject): string {
  const text = json(object);
  const type = `{"kind":"${resource.kind}","apiVersion":"${groupVersion(resource)}",`;
  return text.startsWith(type) ? `{${text.slice(type.length)}` : text;
}
