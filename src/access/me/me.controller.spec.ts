import { describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRules, RoleSettings } from '../../config/sections/access/access-rules.js';
import type { Configuration } from '../../config/configuration.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import type { Links } from '../../ogc/links.js';
import { type Identity, noteIdentity } from '../../ogc/requests/identity.js';
import { noteVisit } from '../../ogc/requests/session.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { Access } from '../access.js';
import type { Identities } from '../identity/identities.js';
import { Rules } from '../rules/rules.js';
import type { SubscriberSecrets } from '../subscriber-secrets.js';
import { MeController } from './me.controller.js';
import type { UsageOfCallers } from './usage-of-callers.js';

const END = new Date('2026-02-01T00:00:00Z');
const role = (name: string, more: Partial<RoleSettings>): RoleSettings => ({
  ...{ name, may: [], processes: ['*'], groups: [], subjects: [], limits: {} },
  ...more,
});
const RULES: AccessRules = {
  ...{ anonymous: 'guest', ownJobs: true, tokens: [], limits: { waiting: 7 } },
  roles: [
    role('guest', { may: ['read'], processes: ['open-*'] }),
    role('user', { may: ['read', 'execute'], limits: { running: 2, inputBytes: 1000 } }),
    role('admin', { may: ['admin'] }),
  ],
};
const identity = (subject: string, roles: readonly string[], more: Partial<Identity> = {}): Identity => ({
  ...{ issuer: 'tokens', subject, groups: [], roles, means: 'token' },
  ...more,
});

function me(rules: AccessRules | undefined, note: (request: object) => void = () => undefined, authorization?: string) {
  const identities = { rules: rules && new Rules(rules) } as Identities;
  const configuration = { environment: { apiToken: 'secret' }, processes: [] } as unknown as Configuration;
  const access = new Access(configuration, {} as ProcessRegistry, identities);
  const request = { headers: { authorization }, query: {} } as unknown as FastifyRequest;
  const headers: Record<string, string> = {};
  const reply = {
    header: (name: string, value: string) => (headers[name] = value),
    getHeader: (name: string) => headers[name],
  } as unknown as FastifyReply;
  note(request);
  const usage = {
    of: (who: Identity | undefined) => {
      const { running, waiting, inputBytes } = identities.rules?.limitsOf(who) ?? {};
      const use = (limit: number | undefined, used?: number) => ({ ...(limit === undefined ? {} : { limit }), used });
      return { running: use(running, 1), waiting: use(waiting, 0), inputBytes: use(inputBytes) };
    },
  } as unknown as UsageOfCallers;
  const secrets = { subscriberSecretOf: (who: Identity | undefined) => who && `whsec_${who.subject}` };
  const controller = new MeController(
    access,
    { base: () => 'x:' } as unknown as Links,
    secrets as SubscriberSecrets,
    usage,
  );
  const { links, ...answer } = controller.me(request, reply);
  expect([links[0]?.href, headers]).toEqual(['x:/me', { 'cache-control': 'no-store', vary: 'Authorization' }]);
  return answer;
}

describe('who the server takes the caller for', () => {
  it('is who they have proven, with roles, what these allow, and limits', () => {
    const ann = identity('ann', ['user'], { name: 'Ann', until: END });
    expect(me(RULES, (request) => noteIdentity(request, ann))).toEqual({
      means: 'token',
      ...{ issuer: 'tokens', subject: 'ann', name: 'Ann' },
      until: '2026-02-01T00:00:00.000Z',
      owner: expect.stringMatching(/^[a-z2-7]{32}$/),
      ownJobs: true,
      roles: ['user'],
      permissions: [{ role: 'user', actions: ['read', 'execute'], processes: ['*'] }],
      limits: { running: { limit: 2, used: 1 }, waiting: { limit: 7, used: 0 }, inputBytes: { limit: 1000 } },
      subscriberSecret: 'whsec_ann',
    });
  });

  it('is nobody, with the role of those', () => {
    expect(me(RULES)).toMatchObject({
      means: 'anonymous',
      roles: ['guest'],
      permissions: [{ processes: ['open-*'] }],
      limits: { waiting: { limit: 7 } },
    });
  });

  it('is an admin, who sees all and has no limits', () => {
    const root = identity('root', ['admin']);
    expect(me(RULES, (request) => noteIdentity(request, root))).toMatchObject({ ownJobs: false, limits: {} });
  });

  it('is who signed in, until that ends', () => {
    const session = { issuer: 'tokens', subject: 'ann', roles: ['user'], end: END };
    const visit = (request: object) => noteVisit(request, { session, isHeldBack: false });
    const until = END.toISOString();
    expect(me(RULES, visit)).toMatchObject({ means: 'session', subject: 'ann', until, roles: ['user'] });
    expect(me(undefined, visit)).toEqual({ means: 'session', issuer: 'tokens', subject: 'ann', until });
  });

  it('is where there are no roles whoever knows the API token, or nobody', () => {
    expect(me(undefined)).toEqual({ means: 'anonymous' });
    expect(me(undefined, undefined, 'Bearer secret')).toEqual({ means: 'token', issuer: 'tokens', subject: 'api' });
    expect(() => me(undefined, undefined, 'Bearer other')).toThrow(InvalidTokenError);
  });
});
