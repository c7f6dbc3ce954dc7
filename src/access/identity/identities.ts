import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { doubtsOf } from '../rules/doubts.js';
import { Rules } from '../rules/rules.js';
import { NamedTokens } from './named-tokens.js';

/** Tells who a bearer token is of. */
export interface TokenReader {
  /**
   * @param address of who shows it, as far as it is known
   * @returns undefined for a token that is none of this reader's kind
   * @throws InvalidTokenError for one that is, and is not valid; UnavailableError where that cannot be told now
   */
  read(token: string, address?: string): Promise<Identity | undefined>;
}

/** For injection: readers of what is no token with a name, in the order in which they are asked. */
export const TOKEN_READERS = Symbol('TokenReader');

/** Who is behind a token, and what roles allow whom (`access`). */
@Injectable()
export class Identities implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Identities.name);
  private readonly doubts: readonly string[];
  /** Undefined: processes say who may what; then {@link of} is not to be asked. */
  readonly rules: Rules | undefined;
  readonly tokens: NamedTokens;
  private readonly readers: readonly TokenReader[];

  constructor(
    @Inject(Configuration) { access, environment }: Pick<Configuration, 'access' | 'environment'>,
    @Optional() @Inject(TOKEN_READERS) others: readonly TokenReader[] = [],
  ) {
    this.rules = access.rules && new Rules(access.rules);
    this.tokens = new NamedTokens(access.rules?.tokens ?? [], access.rules && environment.apiToken);
    this.doubts = access.rules ? doubtsOf(access.rules, Boolean(environment.apiToken)) : [];
    this.readers = [{ read: (token) => Promise.resolve(this.tokens.find(token)) }, ...others];
  }

  /** Says what may not have been meant. */
  onApplicationBootstrap(): void {
    for (const doubt of this.doubts) this.logger.warn(doubt);
  }

  onModuleDestroy(): void {
    this.tokens.stop();
  }

  /**
   * @param address of who shows it, so that one does not keep the server from asking of others' tokens
   * @throws InvalidTokenError where it is nobody's; UnavailableError where that cannot be told now
   */
  async of(token: string, address?: string): Promise<Identity> {
    for (const reader of this.readers) {
      const identity = await reader.read(token, address);
      if (identity) return identity;
      if (this.tokens.isOwn(token)) break;
    }
    throw new InvalidTokenError('The token is not known to this server, or is over.');
  }
}
