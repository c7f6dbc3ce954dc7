import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import type { AccessRules } from '../config/sections/access/access-rules.js';
import type { Identity } from '../ogc/requests/identity.js';
import { Rules } from './rules/rules.js';
import { SubscriberSecrets } from './subscriber-secrets.js';

const [OLD, NEW] = ['an-old-secret-of-enough-bytes-xx', 'a-new-secret-of-enough-bytes-xxx'].map(
  (text) => `whsec_${Buffer.from(text).toString('base64')}`,
) as [string, string];
const rules = new Rules({ ownJobs: true, tokens: [], roles: [], limits: {} } as unknown as AccessRules);
const identity = (subject: string): Identity => ({ issuer: 'tokens', subject, groups: [], roles: [], means: 'token' });
const of = (secrets: readonly string[], roles: { readonly rules: Rules | undefined } = { rules }) =>
  new SubscriberSecrets({ environment: { subscribers: { secrets } } } as unknown as Configuration, roles);

describe('the secret that signs calls to subscribers', () => {
  const ann = rules.ownerOf(identity('ann'));

  it('is each owner’s own, the same at every replica, and none of the server’s', () => {
    const secret = of([NEW]).subscriberSecretOf(identity('ann'));
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(of([NEW]).ofOwner(ann)).toEqual([secret]);
    expect(
      new Set([
        secret,
        of([NEW]).subscriberSecretOf(identity('bob')),
        of([OLD]).subscriberSecretOf(identity('ann')),
        NEW,
      ]).size,
    ).toBe(4);
  });

  it('changes with the server’s, beside which the old one signs', () => {
    const [before] = of([OLD]).ofOwner(ann);
    const secrets = of([NEW, OLD]);
    expect(secrets.ofOwner(ann)).toEqual([secrets.subscriberSecretOf(identity('ann')), before]);
  });

  it('is the server’s where there are no roles, and for jobs of nobody', () => {
    const classic = of([NEW, OLD], { rules: undefined });
    expect(classic.ofOwner(ann)).toEqual([NEW, OLD]);
    expect(classic.subscriberSecretOf(identity('ann'))).toBeUndefined();
    expect(of([NEW]).ofOwner(undefined)).toEqual([NEW]);
  });

  it('is shown to nobody who shows nothing, and is none where calls are not signed', () => {
    expect(of([NEW]).subscriberSecretOf(undefined)).toBeUndefined();
    expect(of([]).subscriberSecretOf(identity('ann'))).toBeUndefined();
    expect(of([]).ofOwner(ann)).toEqual([]);
  });
});
