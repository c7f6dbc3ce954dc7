import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toOidcSettings } from '../../../config/sections/access/oidc.js';
import type { OidcSettings } from '../../../config/sections/access/oidc.js';

export const AUDIENCE = 'https://processes.example.org';

/** What an issuer answers at a path: a status and a body. */
export type Answer = readonly [number, unknown];

/** An issuer on this machine, whose answers a spec says. */
export class FakeIssuer {
  readonly asked: string[] = [];
  readonly answers = new Map<string, (request: IncomingMessage, body: string) => Answer | Promise<Answer>>();
  private key: CryptoKey | undefined;
  private jwk: JWK | undefined;
  private keys = 0;

  private constructor(private readonly server: ReturnType<typeof createServer>) {}

  static async start(): Promise<FakeIssuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new FakeIssuer(server);
    server.on('request', (request, response) => {
      const path = request.url ?? '';
      issuer.asked.push(path);
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', async () => {
        const [status, content] = (await issuer.answers.get(path)?.(request, body)) ?? [404, {}];
        response.statusCode = status;
        if (typeof content !== 'string') response.setHeader('content-type', 'application/json');
        response.end(typeof content === 'string' ? content : JSON.stringify(content));
      });
    });
    const { url } = issuer;
    issuer.answers.set('/.well-known/openid-configuration', () => [
      200,
      { issuer: url, jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspection` },
    ]);
    issuer.answers.set('/jwks', () => [200, { keys: issuer.jwk ? [issuer.jwk] : [] }]);
    await issuer.rotate();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  settings(more: Partial<OidcSettings> = {}): OidcSettings {
    return { ...toOidcSettings({ issuer: this.url, audience: [AUDIENCE] }, {}), ...more };
  }

  /** Signs with another key from now on, and has no other. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.key = privateKey;
    this.jwk = { ...(await exportJWK(publicKey)), kid: `key-${(this.keys += 1)}`, alg: 'ES256', use: 'sig' };
  }

  /** @param header over that of an access token @param now milliseconds */
  sign(claims: JWTPayload = {}, header: { readonly typ?: string } = {}, now = Date.now()): Promise<string> {
    if (!this.key) throw new Error('There is no key.');
    const exp = Math.floor(now / 1000) + 600;
    return new SignJWT({ iss: this.url, aud: AUDIENCE, sub: 'ann', exp, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.jwk?.kid, ...header })
      .sign(this.key);
  }

  countOf(path: string): number {
    return this.asked.filter((asked) => asked === path).length;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
