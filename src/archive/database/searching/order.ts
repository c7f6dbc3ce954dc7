import { type RawBuilder, sql } from 'kysely';
import type { ArchiveCriterion, ArchiveProperty, ArchiveSortedPosition } from '../../records/archive.js';
import type { ArchivePosition } from '../../records/archived-job.js';
import { instant } from '../conditions.js';
import { storable } from '../rows.js';

interface Key {
  readonly expression: RawBuilder<unknown>;
  readonly descending: boolean;
  /** As a value of the expression. */
  readonly value: (key: number | string | null) => RawBuilder<unknown>;
}

const EARLIEST = sql`'-infinity'::timestamptz`;
const LATEST = sql`'infinity'::timestamptz`;
const SHORTEST = sql`'-9223372036854775808'::bigint`;
const LONGEST = sql`9223372036854775807`;

/** Those without a property come last, whichever way, so that in each they have another value: the expressions are those of the indexes. */
const EXPRESSIONS: Readonly<Record<ArchiveProperty, (descending: boolean) => RawBuilder<unknown>>> = {
  created: () => sql`created`,
  finished: () => sql`finished`,
  processID: () => sql`process_id`,
  started: (descending) => sql`coalesce(started, ${descending ? EARLIEST : LATEST})`,
  duration: (descending) => sql`coalesce(duration, ${descending ? SHORTEST : LONGEST})`,
};

function keyOf({ property, descending }: ArchiveCriterion): Key {
  const none = { duration: descending ? SHORTEST : LONGEST, processID: sql`''` }[property as string];
  return {
    expression: EXPRESSIONS[property](descending),
    descending,
    value: (key) => {
      if (key === null) return none ?? (descending ? EARLIEST : LATEST);
      if (property === 'processID') return sql`${storable(String(key))}`;
      return property === 'duration' ? sql`${key}::bigint` : sql`${instant(Number(key))}::timestamptz`;
    },
  };
}

/** How a list is sorted, and what of it comes after a place. */
export class ListOrder {
  private readonly keys: readonly Key[];

  constructor(criteria: readonly ArchiveCriterion[] = []) {
    this.keys = criteria.map(keyOf);
  }

  /** @param backwards from the end */
  by(backwards: boolean): RawBuilder<unknown> {
    return sql`${this.byIndex(backwards)}, name ${backwards ? sql`asc` : sql`desc`}`;
  }

  /** As the indexes have it, which say nothing of which comes first among jobs of one millisecond. */
  byIndex(backwards: boolean): RawBuilder<unknown> {
    const direction = (descending: boolean) => (descending === backwards ? sql`asc` : sql`desc`);
    const own = this.keys.map(({ expression, descending }) => sql`${expression} ${direction(descending)}`);
    return sql.join([...own, ...['created', 'requested_at'].map((key) => sql`${sql.ref(key)} ${direction(true)}`)]);
  }

  /** @param backwards what comes before it */
  beyond(position: ArchivePosition | ArchiveSortedPosition, backwards: boolean): RawBuilder<unknown> {
    const values = this.keys.map(({ value }, at) =>
      value(('keys' in position ? position.keys[at] : undefined) ?? null),
    );
    const than = (descending: boolean) => (descending === backwards ? sql`>` : sql`<`);
    const { created, requestedAt = 0, name } = position;
    const newest = sql`(created, requested_at, name) ${than(true)}
      (${instant(created.getTime())}::timestamptz, ${requestedAt}::bigint, ${storable(name)})`;
    const [first] = this.keys;
    if (!first) return newest;
    const equal = (count: number) =>
      this.keys.slice(0, count).map(({ expression }, at) => sql`${expression} = ${values[at]}`);
    const ways = this.keys.map(({ expression, descending }, at) =>
      sql.join([...equal(at), sql`${expression} ${than(descending)} ${values[at]}`], sql` and `),
    );
    const last = sql.join([...equal(this.keys.length), newest], sql` and `);
    // Said on its own, too, it is where an index begins.
    const bound = sql`${first.expression} ${than(first.descending)}= ${values[0]}`;
    return sql`${bound} and (${sql.join(
      [...ways, last].map((way) => sql`(${way})`),
      sql` or `,
    )})`;
  }
}
