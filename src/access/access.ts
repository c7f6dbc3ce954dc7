import { Injectable, Logger, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { Configuration, type ResultReaders } from '../config/configuration.js';
import type { Action } from '../config/sections/access/access-rules.js';
import { ApiToken } from '../ogc/api-token.js';
import { DomainError, ForbiddenError, ShareOverError, UnauthorizedError } from '../ogc/domain-errors.js';
import { TOKENS } from '../ogc/requests/identity.js';
import { API_SUBJECT, isOfApiToken } from '../ogc/requests/session.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import type { AccessRequest } from '../processes/processor.js';
import { askForToken } from './ask-for-token.js';
import { type Caller, noteActor, noteToken, withoutSession } from './caller.js';
import { isOpenBy } from './shares/is-open-by.js';
import { CallerHash } from './caller-hash.js';
import { Identities } from './identity/identities.js';
import type { Rules } from './rules/rules.js';

export { type Caller, callerOf } from './caller.js';

/** What the caller wants, and the token that came as an input: where roles decide it is in the caller already (`Access.withToken`). */
export interface Wish extends Pick<AccessRequest, 'operation' | 'jobId'> {
  readonly inputToken?: string;
}

/** What a role must allow for each of what processors are asked. */
const ACTION_OF: Readonly<Record<AccessRequest['operation'], Action>> = {
  execute: 'execute',
  'read-log': 'logs',
  'read-status': 'read',
  'read-results': 'read',
  dismiss: 'dismiss',
};

/** An execution as lines of the log name it: a client may have made up the id. */
export function executionOf(processId: string): string {
  return `An execution of ${JSON.stringify(processId.slice(0, 100))}`;
}

/** A job or its status. */
export interface OfJob {
  readonly processId: string;
  readonly jobId: string;
  /** Nothing proves that it is of this process. */
  readonly processUnsigned?: true;
  /** As `ownerOf` says it; absent: nobody's. */
  readonly owner?: string;
  /** Of the Job. */
  readonly uid?: string;
}

/** Whose a new job is, as it stands on the Job. */
export interface JobOwner {
  /** The label's value. */
  readonly hash: string;
  readonly subject: string;
  readonly name?: string;
  /** Of OpenID Connect; absent: the server's own tokens, or nobody's. */
  readonly issuer?: string;
}

const WITH_API_TOKEN = { issuer: TOKENS, subject: API_SUBJECT, means: 'token' } as const;

/** Processes that the warning at start names; it counts the others. */
const MOST_NAMED = 5;

/**
 * Who may execute, read logs, statuses and results, and dismiss: those whose roles allow it, where there are roles (`access.roles`); else
 * those who know the API token, where the process asks for it.
 */
@Injectable()
export class Access implements OnApplicationBootstrap {
  private readonly logger = new Logger(Access.name);
  private readonly apiToken: ApiToken;
  private readonly callerHash: CallerHash;
  /** Undefined: there are no roles. */
  readonly rules: Rules | undefined;

  constructor(
    private readonly configuration: Configuration,
    private readonly processes: ProcessRegistry,
    @Optional() private readonly identities?: Identities,
  ) {
    this.rules = identities?.rules;
    const { apiToken, signingKeys = [] } = configuration.environment;
    this.apiToken = new ApiToken(apiToken);
    this.callerHash = new CallerHash(signingKeys[0] ?? apiToken);
  }

  /**
   * Whether the token opens what belongs to this process. A process that is not configured any more asks for the token: nobody can say that it did not.
   * @param tokens what the client gave, from the `Authorization` header or the `token` input
   */
  isGranted(processId: string, ...tokens: readonly (string | undefined)[]): boolean {
    if (this.rules) return this.rules.may(undefined, 'logs', processId);
    if (this.processes.find(processId)?.requiresToken === false) return true;
    return tokens.some((token) => this.apiToken.matches(token));
  }

  /** As {@link isGranted}, but for processes whose processor decides by itself. @throws MisconfiguredError where it fails to */
  async permits(processId: string, caller: Caller, { inputToken, ...wish }: Wish): Promise<boolean> {
    if (caller.shared) return false;
    const { token, headers } = caller;
    const process = this.processes.find(processId);
    if (this.rules) {
      if (!this.rules.may(caller.identity, ACTION_OF[wish.operation], processId)) return false;
      // What roles allow its processor may still refuse.
      return process?.checksAccess
        ? process.judges({ ...wish, token: token ?? inputToken, hasApiToken: true, headers })
        : true;
    }
    const hasApiToken = this.knowsToken(caller, inputToken);
    if (!process?.checksAccess) return hasApiToken || this.isGranted(processId);
    return process.isGranted({ ...wish, token: token ?? inputToken, hasApiToken, headers });
  }

  /** Whether it is the API token, whatever that opens. */
  isApiToken(token: string): boolean {
    return this.apiToken.matches(token);
  }

  /** Whether it is one who knows the API token, or signed in with it. */
  private knowsToken(caller: Caller, inputToken?: string): boolean {
    if (isOfApiToken(caller.session) || this.apiToken.matches(caller.token)) return true;
    if (inputToken !== undefined) noteToken(caller);
    if (!this.apiToken.matches(inputToken)) return false;
    noteActor(caller, WITH_API_TOKEN);
    return true;
  }

  /**
   * Whether the caller may read a job's log. A processor that fails to decide opens nothing, and does not keep the rest of
   * an answer from being shown.
   */
  mayReadLog(job: OfJob, caller: Caller): Promise<boolean> {
    return this.permits(this.rightsOf(job), caller, { operation: 'read-log', jobId: job.jobId }).catch(() => false);
  }

  /**
   * The process whose rules hold for what belongs to a job. Where anybody may have written that it is of an open process, it is of one that is not
   * configured, and so asks for the token, if there is any process that does not let everybody in.
   */
  rightsOf({ processId, processUnsigned }: Pick<OfJob, 'processId' | 'processUnsigned'>): string {
    if (!processUnsigned) return processId;
    if (this.rules) return '';
    const isGuarded = this.processes.list().some(({ requiresToken, checksAccess }) => requiresToken || checksAccess);
    return isGuarded ? '' : processId;
  }

  /**
   * Whether the caller may read all of a job's status: message, progress and what the job said. A processor that fails to decide
   * opens nothing.
   */
  async mayReadStatus(job: OfJob, caller: Caller): Promise<boolean> {
    if (caller.shared) return isOpenBy(caller.shared, job, 'page');
    const rights = this.rightsOf(job);
    if (!this.rules && this.resultsArePublic(rights)) return true;
    return this.permits(rights, caller, { operation: 'read-status', jobId: job.jobId }).catch(() => false);
  }

  /**
   * As {@link mayReadStatus}, to be asked of many jobs at once. A processor that decides of each job by itself is not asked: of its
   * jobs none may be read so, unless everybody may.
   */
  async statusReader(caller: Caller): Promise<(job: Pick<OfJob, 'processId' | 'processUnsigned'>) => boolean> {
    const { rules } = this;
    if (rules)
      return (job) => {
        const id = this.rightsOf(job);
        return rules.may(caller.identity, 'read', id) && !this.processes.find(id)?.checksAccess;
      };
    const mayRead = async (id: string) =>
      this.resultsArePublic(id) ||
      (!this.processes.find(id)?.checksAccess && (await this.permits(id, caller, { operation: 'read-status' })));
    // The empty id is that of all that are not configured.
    const ids = ['', ...this.processes.list().map(({ id }) => id)];
    const readable = new Map(await Promise.all(ids.map(async (id) => [id, await mayRead(id)] as const)));
    return (job) => readable.get(this.rightsOf(job)) ?? readable.get('') ?? false;
  }

  /** @throws UnauthorizedError, MisconfiguredError where `results: token` holds and the caller may not execute the process */
  async demandResults(job: OfJob, caller: Caller): Promise<void> {
    if (caller.shared) {
      if (isOpenBy(caller.shared, job)) return;
      throw new ShareOverError();
    }
    const rights = this.rightsOf(job);
    if (this.rules || !this.resultsArePublic(rights))
      await this.demand(rights, caller, { operation: 'read-results', jobId: job.jobId });
  }

  /** Whether the caller may read the job's results, as {@link demandResults} has it. */
  mayReadResults(job: OfJob, caller: Caller): Promise<boolean> {
    return this.demandResults(job, caller).then(
      () => true,
      () => false,
    );
  }

  /**
   * Says once, at start, which processes ask for a token to execute and, for nobody has said who reads what comes of it, for none
   * to read that.
   */
  onApplicationBootstrap(): void {
    if (this.rules) return this.warnOfCheckAuth();
    const open = this.processes
      .list()
      .filter(({ id, requiresToken }) => requiresToken && this.readersOf(id) === undefined)
      .map(({ id }) => id);
    if (open.length === 0) return;
    const named = open.slice(0, MOST_NAMED).join(', ') + (open.length > MOST_NAMED ? ', …' : '');
    this.logger.warn(
      `Statuses and results of ${open.length} processes that ask for a token to execute are readable by everybody, as with the ` +
        `predecessor (${named}). "results: token" under server.manager, or of a process, asks whoever reads them for the same; ` +
        '"results: public" leaves it at that.',
    );
  }

  private resultsArePublic(processId: string): boolean {
    return this.readersOf(processId) !== 'token';
  }

  /** Undefined: nobody has said. A process that is not configured any more is as `server.manager` says. */
  private readersOf(processId: string): ResultReaders | undefined {
    return (
      this.processes.find(processId)?.jobSettings.resultReaders ?? this.configuration.server.manager.jobs.resultReaders
    );
  }

  /** @throws UnauthorizedError, ForbiddenError, MisconfiguredError */
  async demand(processId: string, caller: Caller, wish: Wish): Promise<void> {
    if (await this.permits(processId, caller, wish)) return;
    const { operation, jobId, inputToken } = wish;
    const error = this.rules
      ? this.forbidden(caller, operation, processId)
      : this.processes.find(processId)?.checksAccess
        ? new UnauthorizedError(`Process "${processId}" does not let this request pass.`)
        : this.refusal(processId, caller.token, inputToken);
    // What is refused of executions their maker logs, whatever the reason.
    if (jobId !== undefined) this.logRefusal(`${operation} of job ${jobId}`, caller, error, inputToken);
    throw error;
  }

  private refusal(processId: string, ...tokens: readonly (string | undefined)[]): UnauthorizedError {
    if (!this.apiToken.isSet) {
      return new UnauthorizedError(
        `Process "${processId}" asks for a token, but this server has none configured (PYGEOAPI_K8S_MANAGER_API_TOKEN), so that none can match.`,
      );
    }
    return new UnauthorizedError(
      tokens.some((token) => token !== undefined)
        ? 'The token does not match.'
        : `${processId === '' ? 'The job' : `Process "${processId}"`} asks for a token: send it as "Authorization: Bearer TOKEN", or as the input "token" of an execute request.`,
    );
  }

  /** Logs who was refused what; failures that are not the caller's are logged where they happen. */
  logRefusal(what: string, caller: Caller, error: unknown, inputToken?: string): void {
    if (error instanceof DomainError)
      this.logger.log(`${what} is refused (${this.nameOf(caller, inputToken)}): ${error.name}`);
  }

  /** Who it is, for a line of the log: a kind of caller and an address, never a token. */
  nameOf(caller: Caller, inputToken?: string): string {
    const { token, session, identity, address = 'unknown address' } = caller;
    if (this.rules && identity) return `${identity.subject} (${identity.means}), ${address}`;
    const isAnonymous = (token ?? inputToken) === undefined;
    const kind = session
      ? `${session.subject}, signed in`
      : this.knowsToken(caller, inputToken)
        ? 'token'
        : isAnonymous
          ? 'anonymous'
          : 'another token';
    return `${kind}, ${address}`;
  }

  /**
   * The caller with a token of a form or of an input: in a form it goes before who signed in, beside a token of the header it is nothing.
   * @param token undefined: there is none
   * @throws InvalidTokenError, UnavailableError where there are roles and it is nobody's, or that cannot be told now
   */
  async withToken(caller: Caller, token: string | undefined): Promise<Caller> {
    if (token === undefined) return caller;
    if (this.rules && caller.token !== undefined) return caller;
    noteToken(caller);
    const known = this.rules ? await this.identities?.of(token, caller.address) : undefined;
    if (known) noteActor(caller, known);
    else if (this.apiToken.matches(token)) noteActor(caller, WITH_API_TOKEN);
    return { ...withoutSession(caller), token, ...(known ? { identity: known } : {}) };
  }

  /**
   * Whose an `Idempotency-Key` is: that of whoever knows the API token, of the holder of a token that the process's own processor judges (its digest, from which it cannot be guessed), else everybody's.
   */
  async identify(processId: string, caller: Caller, inputToken?: string): Promise<string> {
    if (this.rules) return this.rules.ownerOf(caller.identity);
    if (this.knowsToken(caller, inputToken)) return 'token';
    const { token } = caller;
    const own = this.processes.find(processId)?.checksAccess ? (token ?? inputToken) : undefined;
    return own === undefined ? 'anonymous' : ((await slowHash(own, 'idempotency', 32)) as Buffer).toString('hex');
  }

  /** Whose a job is, of those that {@link identify} tells apart, as its label says it: a keyed hash, or where there are roles its owner. */
  async hashOf(processId: string, caller: Caller, inputToken?: string): Promise<string> {
    const identity = await this.identify(processId, caller, inputToken);
    return this.rules ? identity : this.callerHash.of(identity);
  }

  /** Whose a job of this caller is to be; undefined where there are no roles. */
  ownerFor({ identity }: Caller): JobOwner | undefined {
    if (!this.rules) return undefined;
    const { subject = 'anonymous', name, issuer = TOKENS } = identity ?? {};
    return {
      ...{ hash: this.rules.ownerOf(identity), subject },
      ...(name === undefined ? {} : { name }),
      ...(issuer === TOKENS ? {} : { issuer }),
    };
  }

  private forbidden({ identity }: Caller, operation: string, processId: string): DomainError {
    if (!identity) return askForToken();
    if (operation === 'execute')
      return new ForbiddenError(`None of your roles allows to execute process "${processId}".`);
    return new ForbiddenError(`None of your roles allows to ${WORDS[operation] ?? operation} this job.`);
  }

  private warnOfCheckAuth(): void {
    const said = this.configuration.processes
      .filter(({ processor }) => processor['check_auth'] !== undefined)
      .map(({ id }) => id);
    if (said.length === 0) return;
    this.logger.warn(
      `check_auth of ${said.length} processes decides nothing, for access.roles says who may what (${said.slice(0, MOST_NAMED).join(', ')}` +
        `${said.length > MOST_NAMED ? ', …' : ''}).`,
    );
  }
}

/** Operations as sentences have them. */
const WORDS: Readonly<Record<string, string>> = {
  'read-log': 'read the log of',
  'read-status': 'read the status of',
  'read-results': 'read the results of',
  dismiss: 'dismiss',
};

const slowHash = promisify(scrypt);
