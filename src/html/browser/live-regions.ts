import { localizeTimes } from './times.js';

/**
 * Fetches this page again and brings each element `data-live="NAME"` up to date, changing nothing but what has changed in it: what has the
 * focus keeps it, what is selected or ticked stays so, details stay open, and typed text stays. Elements whose order may change are told
 * apart by `id`, `data-live` or `data-key`. Where the page cannot be had, all stays as it is.
 */
export async function refreshLiveRegions(): Promise<void> {
  const fresh = await freshPage();
  if (!fresh) return;
  localizeTimes(fresh);
  for (const region of document.querySelectorAll<HTMLElement>('[data-live]')) {
    // One within another is brought up to date with it.
    if (!region.isConnected || region.parentElement?.closest('[data-live]')) continue;
    const name = CSS.escape(region.dataset['live'] ?? '');
    const other = fresh.querySelector<HTMLElement>(`[data-live="${name}"]`);
    if (other && !region.isEqualNode(other)) update(region, other);
  }
}

async function freshPage(): Promise<Document | undefined> {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-cache' });
    if (!answer.ok || answer.redirected) return undefined;
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    return undefined;
  }
}

function update(old: Element, fresh: Element): void {
  updateAttributes(old, fresh);
  updateChildren(old, fresh);
}

/** What people do to a page: it is theirs. */
const THEIRS = new Set(['open', 'checked', 'selected', 'value', 'disabled']);

function updateAttributes(old: Element, fresh: Element): void {
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes])
    if (old.getAttribute(name) !== value && !THEIRS.has(name)) old.setAttribute(name, value);
}

function updateChildren(old: Element, fresh: Element): void {
  const keyed = new Map([...old.children].flatMap((child) => (keyOf(child) ? [[keyOf(child), child] as const] : [])));
  let at: ChildNode | null = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const found: ChildNode | null = keyOf(wanted) ? (keyed.get(keyOf(wanted)) ?? null) : at;
    if (!found || !isSameKind(found, wanted)) {
      old.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    // To move what stands where it is to stand takes the focus from it.
    if (found === at) at = at.nextSibling;
    else old.insertBefore(found, at);
    if (found instanceof Element && wanted instanceof Element) update(found, wanted);
    else if (found.nodeValue !== wanted.nodeValue) found.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const next: ChildNode | null = at.nextSibling;
    if (!isHeld(at)) at.remove();
    at = next;
  }
}

function keyOf(node: Node): string {
  if (!(node instanceof Element)) return '';
  return node.id || (node.getAttribute('data-live') ?? node.getAttribute('data-key') ?? '');
}

function isSameKind(a: Node, b: Node): boolean {
  return a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

/** Whether somebody has ticked something in it, or is at it: then it stays, though the page has it no more. */
function isHeld(node: Node): boolean {
  if (!(node instanceof Element)) return false;
  return node.querySelector('input[type=checkbox]:checked') !== null || node.contains(document.activeElement);
}
