import type { Migration } from 'kysely/migration';
import * as jobs from './0001-jobs.js';
import * as usage from './0002-usage.js';
import * as tombstones from './0003-tombstones.js';

/** All there ever were, in their order: they are added to, never changed. Forwards only. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-jobs': jobs as Migration,
  '0002-usage': usage as Migration,
  '0003-tombstones': tombstones as Migration,
};
