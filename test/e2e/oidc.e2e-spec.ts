import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { AUDIENCE, CLIENTS, TestProvider, type Tokens } from '../support/oidc-provider.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

describe('tokens of an OpenID Connect provider', () => {
  let provider: TestProvider;
  let bed: TestBed;
  let [ann, bob] = [{}, {}] as [Tokens, Tokens];

  beforeAll(async () => {
    provider = await TestProvider.start();
    bed = await TestBed.startProcess(
      { TRUST_PROXY: 'true', SECRET_OF_RESOURCE: CLIENTS.resource.client_secret, TOKEN_OF_ZOE: 'the-token-of-zoe' },
      { configuration: (text) => text + access() },
    );
    [ann, bob] = await Promise.all([provider.tokensOf('ann'), provider.tokensOf('bob')]);
  });
  afterAll(async () => {
    await bed?.stop();
    await provider?.goAway();
  });

  const access = () => `
access:
  roles:
    user: { may: [read, execute, logs, dismiss], groups: [/lab] }
    guest: { may: [read], groups: [/guests], processes: [lines] }
    admin: { may: [admin], groups: [/ops] }
  tokens:
    - { name: zoe, env: TOKEN_OF_ZOE, roles: [user] }
  oidc:
    issuer: ${provider.issuer}
    audience: ['${AUDIENCE}']
    introspection: { id: ${CLIENTS.resource.client_id}, secret: { env: SECRET_OF_RESOURCE } }
`;
  /** Wrong tokens of one address are answered ever more slowly. */
  let addresses = 0;
  const ask = (token: string, path = '/processes/hello') =>
    fetch(bed.url + path, {
      headers: {
        authorization: `Bearer ${token}`,
        'x-forwarded-for': `10.8.${(addresses += 1) >> 8}.${addresses & 255}`,
      },
    });
  const statusOf = async (token: string, path?: string) => (await ask(token, path)).status;
  /** The reason of a refusal. */
  const refusal = async (token: string) => {
    const response = await ask(token);
    expect(response.status).toBe(401);
    return /error="invalid_token", error_description="([^"]*)"/.exec(
      response.headers.get('www-authenticate') ?? '',
    )?.[1];
  };

  it('say who asks, and roles follow from their groups', async () => {
    expect([await statusOf(ann.access_token), await statusOf(bob.access_token)]).toEqual([200, 404]);
    expect(await statusOf(bob.access_token, '/processes/lines')).toBe(200);
    const job = await bed.submit('hello', { name: 'x' }, { token: ann.access_token });
    expect([
      await statusOf(ann.access_token, `/jobs/${job}`),
      await statusOf(bob.access_token, `/jobs/${job}`),
    ]).toEqual([200, 404]);
  });

  it('are told apart for admins from tokens of the same name', async () => {
    const ofIssuer = await bed.submit('hello', { name: 'x' }, { token: await provider.sign({ sub: 'zoe' }) });
    const ofToken = await bed.submit('hello', { name: 'x' }, { token: 'the-token-of-zoe' });
    const ops = await provider.sign({ sub: 'ops', groups: ['/ops'] });
    interface Listed {
      readonly jobs: readonly { readonly jobID: string; readonly owner?: string; readonly ownerIssuer?: string }[];
    }
    const { jobs } = (await (await ask(ops, '/jobs?owner=zoe')).json()) as Listed;
    const owners = jobs.map(({ jobID, owner, ownerIssuer }) => [jobID, owner, ownerIssuer]);
    expect(owners).toHaveLength(2);
    expect(owners).toEqual(
      expect.arrayContaining([
        [ofIssuer, 'zoe', provider.issuer],
        [ofToken, 'zoe', undefined],
      ]),
    );
    const page = async (path: string) =>
      (await fetch(bed.url + path, { headers: { accept: 'text/html', authorization: `Bearer ${ops}` } })).text();
    expect(await page(`/jobs/${ofIssuer}`)).toContain(`zoe (${provider.issuer})`);
    expect(await page(`/jobs/${ofToken}`)).not.toContain(provider.issuer);
    const own = (await (await ask('the-token-of-zoe', `/jobs/${ofToken}`)).json()) as object;
    expect(own).not.toHaveProperty('owner');
  });

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['over', () => provider.sign({ exp: Math.floor(Date.now() / 1000) - 60 }), /is over \(exp\)/],
    ['not valid yet', () => provider.sign({ nbf: Math.floor(Date.now() / 1000) + 3600 }), /not valid yet \(nbf\)/],
    ['for another server', () => provider.sign({ aud: 'https://other.example.org' }), /not for this server \(aud/],
    ['of another issuer', () => provider.sign({ iss: 'https://issuer.example.org' }), /not of the issuer/],
    ['of another type', () => provider.sign({}, { typ: 'JWT' }), /of another type \(typ/],
    ['without an end', () => provider.sign({ exp: undefined }), /claim \(exp\)/],
    ['an ID token', () => ann.id_token, /not for this server|of another type/],
    ['without a signature', () => unsecured(), /not signed by one of/],
    ['signed with the public key as a secret', () => confused(), /not signed by one of/],
    ['changed', async () => changed(await provider.sign()), /signature/],
    ['no JWT, though it begins so', () => 'eyJhbGciOiJSUzI1NiJ9.x.y', /no valid JWT/],
  ])('are refused that are %s', async (_, token, reason) => {
    expect(await refusal(await token())).toMatch(reason);
  });

  const claims = () => ({ iss: provider.issuer, aud: AUDIENCE, sub: 'ann', groups: ['/lab'], exp: 4_000_000_000 });
  const unsecured = () => {
    const [, payload] = new UnsecuredJWT(claims()).encode().split('.');
    return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
  };
  async function confused(): Promise<string> {
    const { jwk } = provider.keyAt(0);
    const { kty, n, e, kid } = jwk;
    const key = (await importJWK({ kty, n, e, ext: true } as never, 'RS256')) as CryptoKey;
    return new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
      .sign(Buffer.from(await exportSPKI(key)));
  }
  const changed = (token: string) => {
    const [header, , signature] = token.split('.');
    return [header, Buffer.from(JSON.stringify({ ...claims(), sub: 'bob' })).toString('base64url'), signature].join(
      '.',
    );
  };

  it('are told by the provider whose they are, where they are opaque', async () => {
    const [known, unbound] = await Promise.all([provider.tokensOf('ann', 'opaque'), provider.tokensOf('ann', 'pages')]);
    expect(known.access_token).not.toContain('.');
    expect(await statusOf(known.access_token)).toBe(200);
    const before = provider.asked.filter((path) => path.endsWith('/introspection')).length;
    expect(await statusOf(known.access_token)).toBe(200);
    expect(provider.asked.filter((path) => path.endsWith('/introspection'))).toHaveLength(before);
    // For the provider's own UserInfo, and for nobody.
    expect(await refusal(unbound.access_token)).toContain('not known to the issuer');
    expect(await refusal('unknown-to-everybody')).toContain('not known to the issuer');
  });

  it('follow new keys of the provider, and outlast its absence', async () => {
    const old = await provider.sign();
    expect(await statusOf(old)).toBe(200);
    await provider.rotate();
    await eventually(
      'the new key being known',
      async () => (await statusOf(await provider.sign({ jti: 'new' }))) === 200,
    );
    expect(await statusOf(await provider.sign({ jti: 'of the key before' }, {}, 1))).toBe(200);
    // Only the newest is left.
    const gone = await provider.sign({ jti: 'gone' }, {}, 1);
    await provider.rotate(0);
    await eventually(
      'the newest key being known',
      async () => (await statusOf(await provider.sign({ jti: 'x' }))) === 200,
    );
    expect(await refusal(gone)).toContain('(kid)');

    const known = await provider.sign({ jti: 'not seen before' });
    await provider.goAway();
    expect(await statusOf(known)).toBe(200);
    await provider.rotate();
    const unknown = await provider.sign({ jti: 'of a key that nobody could fetch' });
    const answer = await eventually('the absence being noticed', async () => {
      const response = await ask(unknown);
      return response.status === 503 && response;
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('opaque-and-not-seen-before')).status).toBe(503);
    expect(await statusOf(known)).toBe(200);
    await provider.comeBack();
    await eventually('the provider being asked again', async () => (await statusOf(unknown)) === 200);
  });
});
