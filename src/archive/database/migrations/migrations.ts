import type { Migration } from 'kysely/migration';
import * as jobs from './0001-jobs.js';

/** All there ever were, in their order: they are added to, never changed. Forwards only. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-jobs': jobs as Migration,
};
