/** Items in an order, of which no two are equal. An item must keep its place: take it out before it changes. */
export class SortedList<T> {
  private readonly items: T[] = [];

  /** @param compare as for `Array.prototype.sort`; a total order */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get first(): T | undefined {
    return this.items[0];
  }

  get size(): number {
    return this.items.length;
  }

  /** How many come before this item, be it in the list or not. */
  countBefore(item: T): number {
    return countBefore(this.items, item, this.compare);
  }

  /** What is in the list already stays. */
  add(item: T): void {
    const last = this.items.at(-1);
    if (last === undefined || this.compare(last, item) < 0) {
      this.items.push(item);
      return;
    }
    const at = this.countBefore(item);
    if (this.compare(this.items[at] as T, item) !== 0) this.items.splice(at, 0, item);
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const at = this.countBefore(item);
    const found = at < this.items.length && this.compare(this.items[at] as T, item) === 0;
    if (found) this.items.splice(at, 1);
    return found;
  }
}

/** How many of these items, which are in this order, come before an item, be it among them or not. */
export function countBefore<T>(items: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(items[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
