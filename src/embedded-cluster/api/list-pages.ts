import { badRequest, expired } from '../objects/api-error.js';
import type { KubeObject } from '../objects/kubernetes-object.js';

interface Page {
  readonly items: readonly KubeObject[];
  readonly version: number;
  readonly continue?: string;
  readonly remaining?: number;
}

const LIFETIME = 300_000;
const MAX_KEPT = 32;

/**
 * The rest of lists that were asked for in pages. All pages of a list show the objects as they were at its first page, for five minutes; later, or when many
 * lists have been begun since, its token has expired.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export class ListPages {
  private readonly kept = new Map<
    string,
    { readonly items: readonly KubeObject[]; readonly version: number; readonly until: number }
  >();
  private counter = 0;

  /** The first page. */
  first(items: readonly KubeObject[], version: number, limit: number): Page {
    if (limit <= 0 || items.length <= limit) return { items, version };
    const id = `${version}-${++this.counter}`;
    this.kept.set(id, { items, version, until: Date.now() + LIFETIME });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MAX_KEPT) break;
      this.kept.delete(oldest);
    }
    return this.page(id, 0, limit);
  }

  /** @throws ApiError 400 (no token of ours), 410 (expired) */
  next(token: string, limit: number): Page {
    const [, id, start] = /^(.+):(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
    if (id === undefined) throw badRequest('invalid continue token: continue key is not valid');
    return this.page(id, Number(start), limit);
  }

  private page(id: string, start: number, limit: number): Page {
    const list = this.kept.get(id);
    if (!list || list.until < Date.now()) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    const end = limit > 0 ? Math.min(start + limit, list.items.length) : list.items.length;
    const items = list.items.slice(start, end);
    const remaining = list.items.length - end;
    if (remaining === 0) return { items, version: list.version };
    return { items, version: list.version, continue: Buffer.from(`${id}:${end}`).toString('base64url'), remaining };
  }
}
