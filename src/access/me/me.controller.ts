import { Controller, Get, Inject, Optional, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../../ogc/api-problem.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import { HasPage } from '../../ogc/negotiation.interceptor.js';
import { TOKENS } from '../../ogc/requests/identity.js';
import { API_SUBJECT } from '../../ogc/requests/session.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { addVary } from '../../ogc/requests/vary.js';
import { Access, type Caller, callerOf } from '../access.js';
import type { Rules } from '../rules/rules.js';
import { SubscriberSecrets } from '../subscriber-secrets.js';
import { type LimitsDto, MeDto } from './me.dto.js';
import { USAGE_OF_CALLERS, type UsageOfCallers } from './usage-of-callers.js';

/** Who the server thinks one is, and what one may. */
@ApiTags('Capabilities')
@Controller()
@TakesToken()
export class MeController {
  constructor(
    private readonly access: Access,
    private readonly links: Links,
    @Optional() private readonly secrets?: SubscriberSecrets,
    @Optional() @Inject(USAGE_OF_CALLERS) private readonly usage?: UsageOfCallers,
  ) {}

  @Get('me')
  @HasPage('me', MeDto)
  @ApiOperation({
    operationId: 'getMe',
    summary: 'Who the server takes the caller for, what they may, and their limits; those who show nothing, too',
  })
  @ApiProblem(401, 'The token is not known, or over')
  me(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): MeDto {
    // A secret may be in it.
    void reply.header('cache-control', 'no-store');
    addVary(reply, 'Authorization');
    const caller = callerOf(request);
    const { rules } = this.access;
    return {
      ...(rules ? this.knownByRules(rules, caller) : this.known(caller)),
      links: [
        { href: `${this.links.base(request)}/me`, rel: 'self', type: 'application/json', title: 'This document' },
      ],
    };
  }

  /** Where there are no roles, there is but one who can be known. @throws InvalidTokenError */
  private known(caller: Caller): Omit<MeDto, 'links'> {
    const { session, token } = caller;
    if (session) return { means: 'session', ...whoIs(session), until: session.end.toISOString() };
    if (token === undefined) return { means: 'anonymous' };
    if (!this.access.isApiToken(token))
      throw new InvalidTokenError('The token is not that of this server. A process that judges by itself may know it.');
    return { means: 'token', issuer: TOKENS, subject: API_SUBJECT };
  }

  private knownByRules(rules: Rules, { identity, session }: Caller): Omit<MeDto, 'links'> {
    const roles = rules.rolesOf(identity);
    const until = session?.end ?? identity?.until;
    const subscriberSecret = this.secrets?.subscriberSecretOf(identity);
    return {
      means: identity?.means ?? 'anonymous',
      ...(identity ? whoIs(identity) : {}),
      ...(until ? { until: until.toISOString() } : {}),
      owner: rules.ownerOf(identity),
      ownJobs: rules.ownJobs && !rules.isAdmin(identity),
      roles: roles.map(({ name }) => name),
      permissions: roles.map(({ name, may, processes }) => ({ role: name, actions: may, processes })),
      limits: toLimits(this.usage?.of(identity) ?? {}),
      ...(subscriberSecret === undefined ? {} : { subscriberSecret }),
    };
  }
}

function whoIs({ issuer, subject, name }: Pick<MeDto, 'issuer' | 'subject' | 'name'>): Partial<MeDto> {
  return { issuer, subject, ...(name === undefined ? {} : { name }) };
}

function toLimits(uses: Partial<NonNullable<ReturnType<UsageOfCallers['of']>>>): LimitsDto {
  return Object.fromEntries(Object.entries(uses).filter(([, { limit }]) => limit !== undefined));
}
