import type { ArchivedRow, AskArchive, LiveList, Placed, Shown } from './merged-list.js';

/** What {@link offsetPage} asks. */
export interface OffsetParts {
  /** Jobs of the list that the archive does not have, or not as they are. */
  readonly unarchived: LiveList;
  readonly ask: AskArchive;
  /** A row of the archive as the list has it: of a job in the cluster as it is there; undefined: not at all. */
  readonly shown: (row: ArchivedRow) => Placed | undefined;
}

/**
 * A page that begins after so many jobs. Of those that the archive does not have yet some come first: how many, is found by a binary
 * search, which looks at one row of the archive for each step; usually all of them do, and the first look is the page.
 */
export async function offsetPage(
  offset: number,
  limit: number,
  { unarchived, ask, shown }: OffsetParts,
): Promise<Shown> {
  const { places, compare } = unarchived;
  const rowsFrom = (from: number, most: number) => ask({ offset: from, limit: most });
  /** Whether those before are before the row of the archive with which the page would begin. */
  const areFirst = (count: number, row: ArchivedRow | undefined) => {
    const last = places[count - 1];
    return !last || !row || compare(last, row.place) < 0;
  };
  let [low, high] = [0, Math.min(offset, places.length)];
  let rows = await rowsFrom(offset - high, limit + 1);
  if (areFirst(high, rows[0])) low = high;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const [row] = await rowsFrom(offset - middle, 1);
    if (areFirst(middle, row)) low = middle;
    else high = middle - 1;
    if (low === high) rows = await rowsFrom(offset - low, limit + 1);
  }
  const live = places.slice(low, low + limit + 1).map((place) => ({ place, job: unarchived.jobOf(place) }));
  const found = [...live, ...rows.map(shown).filter((row) => row !== undefined)].sort((a, b) =>
    compare(a.place, b.place),
  );
  // Of rows that are not shown others may come after.
  return { jobs: found.slice(0, limit), hasPrevious: offset > 0, hasNext: found.length > limit || rows.length > limit };
}
