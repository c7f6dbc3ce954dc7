import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Provider, type Token } from 'oidc-provider';
import { freePort } from './free-port.js';

/** For what access tokens are. */
export const AUDIENCE = 'https://processes.example.org';
export const CLIENTS = {
  /** Of pages: it has a secret, and access tokens that are opaque, for UserInfo. */
  pages: { client_id: 'pages', client_secret: 'secret-of-the-pages' },
  /** Of programs and of Swagger UI: it has none, and access tokens that are JWTs for {@link AUDIENCE}. */
  programs: { client_id: 'programs' },
  /** Its access tokens are opaque, and for {@link AUDIENCE}. */
  opaque: { client_id: 'opaque' },
  /** Asks of tokens. */
  resource: { client_id: 'resource', client_secret: 'secret-of-the-resource' },
} as const;
/** Of people who have no browser. */
export const REDIRECT_URI = 'http://127.0.0.1/back';

export const PEOPLE: Readonly<Record<string, { readonly name: string; readonly groups: readonly string[] }>> = {
  ann: { name: 'Ann Archer', groups: ['/lab'] },
  bob: { name: 'Bob Baker', groups: ['/guests'] },
};

interface SigningKey {
  readonly private: CryptoKey;
  readonly jwk: JWK;
}

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
}

/** A provider of OpenID Connect on this machine, whose keys can be replaced, and which can be away. */
export class TestProvider {
  private keys: SigningKey[] = [];
  private server: Server | undefined;
  private handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  /** Paths that were asked for. */
  readonly asked: string[] = [];

  private constructor(
    private readonly port: number,
    private readonly redirectUris: readonly string[],
    private readonly afterSignOut: readonly string[],
  ) {}

  /** @param redirectUris of pages and programs @param afterSignOut of pages */
  static async start(
    redirectUris: readonly string[] = [],
    afterSignOut: readonly string[] = [],
  ): Promise<TestProvider> {
    const provider = new TestProvider(await freePort(), redirectUris, afterSignOut);
    await provider.rotate();
    await provider.comeBack();
    return provider;
  }

  /** Another site than that of a server at 127.0.0.1. */
  get issuer(): string {
    return `http://localhost:${this.port}`;
  }

  /** Signs with a new key from now on. @param kept how many of those before are still published */
  async rotate(kept = Infinity): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${this.keys.length}-${this.port}`;
    const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
    this.keys = [{ private: privateKey, jwk }, ...this.keys.slice(0, kept)];
    this.handle = quietly(() => this.make()).callback();
  }

  /** Nobody answers any more. */
  async goAway(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    this.server = undefined;
  }

  async comeBack(): Promise<void> {
    this.server = createServer((request, response) => {
      this.asked.push(request.url?.split('?', 1)[0] ?? '');
      this.handle(request, response);
    }).listen(this.port, 'localhost');
    await once(this.server, 'listening');
  }

  /** An access token as the provider makes them, but for what is said. @param key which, the newest first */
  sign(claims: JWTPayload = {}, header: { typ?: string; alg?: string } = {}, key = 0): Promise<string> {
    const { private: secret, jwk } = this.keyAt(key);
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: AUDIENCE, sub: 'ann', groups: ['/lab'], iat: now, exp: now + 600 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid, ...header })
      .sign(secret);
  }

  keyAt(at: number): SigningKey {
    const key = this.keys[at];
    if (!key) throw new Error(`There is no key ${at}.`);
    return key;
  }

  /** What a person without a browser gets: signs in and consents by the provider's own forms. */
  async tokensOf(login: string, client: keyof typeof CLIENTS = 'programs'): Promise<Tokens> {
    const { client_id: id, ...secret } = CLIENTS[client];
    const ask = browser();
    const verifier = 'v'.repeat(64);
    const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url');
    const query = new URLSearchParams({
      ...{ client_id: id, response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid profile groups' },
      ...{ nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256' },
    });
    let response = await ask(`${this.issuer}/auth?${query}`);
    for (let steps = 0; steps < 10; steps += 1) {
      const next = new URL(response.headers.get('location') ?? '', this.issuer);
      const code = next.searchParams.get('code');
      if (next.href.startsWith(REDIRECT_URI) && code !== null) {
        const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
        const answer = await ask(`${this.issuer}/token`, { ...fields, client_id: id, ...secret });
        if (!answer.ok) throw new Error(await answer.text());
        return (await answer.json()) as Tokens;
      }
      response = await follow(ask, next, login);
    }
    throw new Error(`${login} gets no tokens (${response.status})`);
  }

  /** What somebody does in a browser whom a program told to: enters the code, signs in and consents; or refuses. */
  async confirm(address: string, code: string, login: string, refuses = false): Promise<void> {
    const ask = browser();
    const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(await (await ask(address)).text()) ?? [];
    const fields = { xsrf, user_code: code };
    let response = await ask(address, { ...fields, ...(refuses ? { abort: 'yes' } : { confirm: 'yes' }) });
    for (let steps = 0; steps < 10; steps += 1) {
      const location = response.headers.get('location');
      if (location === null) {
        const text = await response.text();
        if (!text.includes(refuses ? 'was interrupted' : 'Sign-in Success')) throw new Error(text);
        return;
      }
      response = await follow(ask, new URL(location, this.issuer), login);
    }
    throw new Error(`${login} confirms nothing (${response.status})`);
  }

  private make(): Provider {
    const { pages, programs, opaque, resource } = CLIENTS;
    const uris = { redirect_uris: [REDIRECT_URI, ...this.redirectUris], post_logout_redirect_uris: this.afterSignOut };
    const isFor = (client: { readonly clientId: string }, ...others: readonly { client_id: string }[]) =>
      others.some(({ client_id }) => client_id === client.clientId);
    const grants = { grant_types: ['authorization_code'], response_types: ['code'] };
    return new Provider(this.issuer, {
      clients: [
        { ...pages, ...uris, ...grants },
        {
          ...{ ...programs, ...uris, ...grants, token_endpoint_auth_method: 'none' },
          grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        },
        { ...opaque, ...uris, ...grants, token_endpoint_auth_method: 'none' },
        { ...resource, redirect_uris: [], grant_types: [], response_types: [] },
      ],
      jwks: { keys: this.keys.map(({ jwk }) => jwk) },
      cookies: { keys: ['of the tests'] },
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      scopes: ['openid', 'profile', 'groups'],
      claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
      findAccount: (_: unknown, id: string) => {
        const person = PEOPLE[id];
        return person && { accountId: id, claims: () => ({ sub: id, ...person }) };
      },
      extraTokenClaims: (_: unknown, { accountId = '' }: Token) => ({ ...PEOPLE[accountId] }),
      features: {
        devInteractions: { enabled: true },
        deviceFlow: { enabled: true },
        introspection: {
          enabled: true,
          allowedPolicy: (_: unknown, client: { clientId: string }) => isFor(client, resource),
        },
        rpInitiatedLogout: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: (_: unknown, client: { clientId: string }) =>
            isFor(client, programs, opaque) ? AUDIENCE : undefined,
          useGrantedResource: () => true,
          getResourceServerInfo: (_: unknown, __: unknown, client: { clientId: string }) => ({
            scope: '',
            audience: AUDIENCE,
            accessTokenTTL: 600,
            accessTokenFormat: isFor(client, opaque) ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    });
  }
}

type Ask = (url: string, fields?: Readonly<Record<string, string>>) => Promise<Response>;

/** Keeps cookies, follows nothing by itself. */
function browser(): Ask {
  const cookies = new Map<string, string>();
  return async (url, fields) => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
}

/** Goes to an address of the provider, and fills in what it asks for there. */
async function follow(ask: Ask, { href }: URL, login: string): Promise<Response> {
  const page = await ask(href);
  const text = page.status === 200 ? await page.clone().text() : '';
  const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
  return prompt === undefined ? page : ask(href, { prompt, login, password: 'x' });
}

/** It warns of what is meant for tests. */
function quietly<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}
