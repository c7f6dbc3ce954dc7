import type { KubernetesObject } from '@kubernetes/client-node';
import { resourcePath } from './api-paths.js';
import type { Resource } from './api-paths.js';
import type { ApiTransport } from './api-transport.js';
import { KubernetesError } from './kubernetes-error.js';

/** Objects of any namespace and of all kinds that the server knows, for its operators. All methods reject with `KubernetesError`. */
export abstract class ObjectClient {
  /** In the namespace of its metadata. Rejects with `already-exists` where there is one of this name. */
  abstract create<T extends KubernetesObject>(resource: Resource, object: T): Promise<T>;
  /** Undefined where there is none. */
  abstract get<T extends KubernetesObject>(
    resource: Resource,
    /** Undefined: the resource is in none. */
    namespace: string | undefined,
    name: string,
    subresource?: string,
  ): Promise<T | undefined>;
  /**
   * Puts the object in the place of the one of its name: what it does not say takes the API's defaults. An object that is as it should be is left alone, its
   * resource version too. Rejects with `conflict` where the metadata's uid or resourceVersion is another, with `not-found` where there is none.
   */
  abstract replace<T extends KubernetesObject>(resource: Resource, object: T): Promise<T>;
  /** Deletes the object with this uid; false where there is none. Rejects with `conflict` where the object of this name is another. */
  abstract delete(
    resource: Resource,
    of: { readonly namespace: string; readonly name: string; readonly uid: string },
  ): Promise<boolean>;
  /**
   * Merges into the `status` subresource (RFC 7386: null removes a key), only of the object with this uid.
   * Rejects with `not-found` where the object, or the subresource of its kind, is not there, with `conflict` where it is another.
   */
  abstract patchStatus<T extends KubernetesObject>(
    resource: Resource,
    of: { readonly namespace: string; readonly name: string; readonly uid: string },
    status: object,
  ): Promise<T>;
}

/** {@link ObjectClient} over HTTP. */
export class ApiObjectClient extends ObjectClient {
  constructor(private readonly transport: ApiTransport) {
    super();
  }

  override create<T extends KubernetesObject>(resource: Resource, object: T): Promise<T> {
    const path = resourcePath(object.metadata?.namespace ?? '', resource);
    return this.transport.json({ method: 'POST', path, body: object });
  }

  override async get<T extends KubernetesObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    subresource?: string,
  ): Promise<T | undefined> {
    const path = resourcePath(namespace, resource, name);
    try {
      return await this.transport.json<T>({ method: 'GET', path: subresource ? `${path}/${subresource}` : path });
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'not-found') return undefined;
      throw error;
    }
  }

  override replace<T extends KubernetesObject>(resource: Resource, object: T): Promise<T> {
    const { namespace = '', name = '' } = object.metadata ?? {};
    return this.transport.json({ method: 'PUT', path: resourcePath(namespace, resource, name), body: object });
  }

  override async delete(
    resource: Resource,
    { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  ): Promise<boolean> {
    const body = { preconditions: { uid } };
    try {
      await this.transport.json({ method: 'DELETE', path: resourcePath(namespace, resource, name), body });
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'not-found') return false;
      throw error;
    }
  }

  override patchStatus<T extends KubernetesObject>(
    resource: Resource,
    { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
    status: object,
  ): Promise<T> {
    return this.transport.json({
      method: 'PATCH',
      path: `${resourcePath(namespace, resource, name)}/status`,
      body: { metadata: { uid }, status },
      contentType: 'application/merge-patch+json',
    });
  }
}
