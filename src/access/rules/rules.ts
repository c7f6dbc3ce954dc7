import type { AccessRules, Action, CallerLimits, RoleSettings } from '../../config/sections/access/access-rules.js';
import { API_TOKEN } from '../../config/sections/access/read-rules.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import { matchesGlob } from './glob.js';
import { ownerOf } from './owner.js';

/** Of a job, what decides who sees it. */
export interface OwnedJob {
  readonly processId: string;
  /** As {@link ownerOf} says it; absent: nobody's. */
  readonly owner?: string;
}

/** Somebody's rights, put together once. */
interface Rights {
  readonly roles: readonly RoleSettings[];
  readonly isAdmin: boolean;
  readonly owner: string;
}

/** What the roles of the configuration allow whom. */
export class Rules {
  private readonly known = new WeakMap<Identity, Rights>();
  private readonly anonymous: Rights;
  private readonly tokenNames: ReadonlySet<string>;

  constructor(private readonly settings: AccessRules) {
    const roles = settings.roles.filter(({ name }) => name === settings.anonymous);
    this.tokenNames = new Set([API_TOKEN, ...settings.tokens.map(({ name }) => name)]);
    this.anonymous = toRights(roles, ownerOf(undefined));
  }

  /** Whether there are others' jobs that one does not see. */
  get ownJobs(): boolean {
    return this.settings.ownJobs;
  }

  rolesOf(identity: Identity | undefined): readonly RoleSettings[] {
    return this.rightsOf(identity).roles;
  }

  isAdmin(identity: Identity | undefined): boolean {
    return this.rightsOf(identity).isAdmin;
  }

  /** Whose jobs are of this identity. */
  ownerOf(identity: Identity | undefined): string {
    return this.rightsOf(identity).owner;
  }

  may(identity: Identity | undefined, action: Action, processId: string): boolean {
    const { roles, isAdmin } = this.rightsOf(identity);
    return isAdmin || roles.some((role) => role.may.includes(action) && covers(role, processId));
  }

  /** Whether one may do this with every process, whatever its id. */
  mayWithAll(identity: Identity | undefined, action: Action): boolean {
    const { roles, isAdmin } = this.rightsOf(identity);
    return isAdmin || roles.some((role) => role.may.includes(action) && role.processes.includes('*'));
  }

  /** Whether one knows of the job at all. */
  sees(identity: Identity | undefined, { processId, owner }: OwnedJob): boolean {
    const rights = this.rightsOf(identity);
    if (rights.isAdmin) return true;
    if (this.settings.ownJobs && owner !== rights.owner) return false;
    return this.may(identity, 'read', processId);
  }

  /** Of several roles the most generous holds, and where none says anything what holds for all. */
  limitsOf(identity: Identity | undefined): CallerLimits {
    const { roles, isAdmin } = this.rightsOf(identity);
    if (isAdmin) return {};
    const of = (limit: keyof CallerLimits): number | undefined => {
      const said = roles.map(({ limits }) => limits[limit]).filter((value) => value !== undefined);
      return said.length > 0 ? Math.max(...said) : this.settings.limits[limit];
    };
    const names = ['running', 'waiting', 'submissionsPerMinute', 'inputBytes', 'storedBytes'] as const;
    return Object.fromEntries(names.map((name) => [name, of(name)]).filter(([, value]) => value !== undefined));
  }

  /** The queue of one's jobs where neither process nor request says it: of the first of one's roles that does. */
  queueOf(identity: Identity | undefined): Pick<RoleSettings, 'queueName' | 'queuePriority'> {
    const { roles } = this.rightsOf(identity);
    const queueName = roles.find((role) => role.queueName !== undefined)?.queueName;
    const queuePriority = roles.find((role) => role.queuePriority !== undefined)?.queuePriority;
    return { ...(queueName ? { queueName } : {}), ...(queuePriority ? { queuePriority } : {}) };
  }

  /** Names of the roles that claims and groups give somebody, whatever the configuration says of them by name. */
  rolesByClaims(identity: Identity): string[] {
    return this.settings.roles.filter((role) => isClaimed(role, identity)).map(({ name }) => name);
  }

  /** Whoever calls themselves at a provider as a token is called here gets nothing by that. */
  private names(subjects: readonly string[], { issuer, subject }: Identity): boolean {
    return subjects.includes(subject) && (issuer === TOKENS || !this.tokenNames.has(subject));
  }

  private rightsOf(identity: Identity | undefined): Rights {
    if (!identity) return this.anonymous;
    const known = this.known.get(identity);
    if (known) return known;
    const roles = this.settings.roles.filter(
      (role) => isClaimed(role, identity) || this.names(role.subjects, identity),
    );
    const rights = toRights(roles, ownerOf(identity));
    this.known.set(identity, rights);
    return rights;
  }
}

/** Whether somebody's roles and groups, as they were proven, give the role. */
function isClaimed({ name, groups }: RoleSettings, identity: Identity): boolean {
  return identity.roles.includes(name) || groups.some((group) => identity.groups.includes(group));
}

function toRights(roles: readonly RoleSettings[], owner: string): Rights {
  return { roles, isAdmin: roles.some(({ may }) => may.includes('admin')), owner };
}

function covers({ processes }: RoleSettings, processId: string): boolean {
  return processes.some((pattern) => matchesGlob(pattern, processId));
}
