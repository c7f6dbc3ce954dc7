import type { CallerLimits } from '../../config/sections/access/access-rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import type { Rules } from '../rules/rules.js';

/** What limits are called in the configuration. */
export const LIMIT_NAMES: Readonly<Record<keyof CallerLimits, string>> = {
  running: 'running',
  waiting: 'waiting',
  submissionsPerMinute: 'submissions_per_minute',
  inputBytes: 'input_bytes',
  storedBytes: 'stored_bytes',
};

/** Where the configuration says a limit that holds for somebody. */
export function limitKey(rules: Rules, identity: Identity | undefined, limit: keyof CallerLimits): string {
  const most = rules.limitsOf(identity)[limit];
  const role = rules.rolesOf(identity).find(({ limits }) => limits[limit] === most && most !== undefined);
  return `access.${role ? `roles.${role.name}.limits` : 'limits.per_caller'}.${LIMIT_NAMES[limit]}`;
}
