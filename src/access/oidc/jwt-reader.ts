import { decodeJwt, errors, type JWTPayload, jwtVerify, type JWTVerifyResult } from 'jose';
import type { OidcSettings } from '../../config/sections/access/oidc.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import type { Identity } from '../../ogc/requests/identity.js';
import type { TokenReader } from '../identity/identities.js';
import { digestOf } from '../identity/token-digest.js';
import { identityOf } from './claims.js';
import { KnownTokens } from './known-tokens.js';
import type { SigningKeys } from './signing-keys.js';

/** Tokens whose signature need not be checked again, */
const MOST_KNOWN = 10_000;
/** and for how long at the most, milliseconds: then their key has to be there still. */
const LONGEST_KNOWN = 300_000;
/** Characters of a token that is looked into. */
const LONGEST_TOKEN = 16_384;
/** The header `typ` of access tokens (RFC 9068, section 2.1). */
const ACCESS_TOKEN = 'at+jwt';

/** Reads access tokens that are JWTs of the issuer (RFC 9068, RFC 7519). */
export class JwtReader implements TokenReader {
  private readonly known: KnownTokens;

  constructor(
    private readonly settings: OidcSettings,
    private readonly keys: Pick<SigningKeys, 'find'>,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.known = new KnownTokens(MOST_KNOWN, () => this.now().getTime());
  }

  /** @returns undefined for what is no JWT */
  async read(token: string): Promise<Identity | undefined> {
    if (!looksLikeJwt(token)) return undefined;
    if (token.length > LONGEST_TOKEN) throw refusal(`is longer than ${LONGEST_TOKEN} characters`);
    const digest = digestOf(token);
    const known = this.known.get(digest)?.found;
    if (known) return known;
    // Before anything is fetched for its sake.
    if (issuerOf(token) !== this.settings.issuer) throw refusal('is not of the issuer that this server trusts (iss)');
    const { payload, protectedHeader } = await this.verify(token);
    this.refuseIdTokens(payload, protectedHeader.typ);
    const identity = identityOf(payload, this.settings, 'jwt');
    if (!identity) throw refusal(`has no claim ${JSON.stringify(this.settings.claims.subject)} that says whose it is`);
    const { clockSkew } = this.settings;
    const end = ((payload.exp ?? 0) + clockSkew) * 1000;
    this.known.put(digest, identity, Math.min(end, this.now().getTime() + LONGEST_KNOWN));
    return identity;
  }

  /** @throws InvalidTokenError, UnavailableError */
  private async verify(token: string): Promise<JWTVerifyResult> {
    const { issuer, audience, algorithms, tokenType, clockSkew } = this.settings;
    try {
      return await jwtVerify(token, this.keys.find, {
        issuer,
        audience: [...audience],
        algorithms: [...algorithms],
        clockTolerance: clockSkew,
        currentDate: this.now(),
        requiredClaims: ['exp'],
        ...(tokenType === 'any' ? {} : { typ: tokenType }),
      });
    } catch (error) {
      throw error instanceof errors.JOSEError ? refusal(this.reasonOf(error)) : error;
    }
  }

  /** A login's proof is for the client alone (OpenID Connect Core 1.0, section 2), though issuer, key and often audience are the same. */
  private refuseIdTokens({ nonce, at_hash, c_hash, aud }: JWTPayload, typ: string | undefined): void {
    if (typ?.toLowerCase().replace(/^application\//, '') === ACCESS_TOKEN) return;
    if ([nonce, at_hash, c_hash].some((claim) => claim !== undefined))
      throw refusal('is an ID token (it has nonce, at_hash or c_hash); send the access token');
    const { client } = this.settings;
    if (client && [aud].flat().every((audience) => audience === client.id))
      throw refusal(
        'is for the login client alone (aud), as an ID token is; send an access token that is for this server',
      );
  }

  private reasonOf(error: errors.JOSEError): string {
    const { algorithms, audience, tokenType } = this.settings;
    if (error instanceof errors.JWTExpired) return 'is over (exp)';
    if (error instanceof errors.JOSEAlgNotAllowed) return `is not signed by one of ${algorithms.join(', ')} (alg)`;
    if (error instanceof errors.JWSSignatureVerificationFailed) return 'has a signature that does not match';
    if (error instanceof errors.JWKSNoMatchingKey) return 'is signed with a key that the issuer does not have (kid)';
    if (error instanceof errors.JWKSMultipleMatchingKeys) return 'does not say which key of the issuer signed it (kid)';
    if (!(error instanceof errors.JWTClaimValidationFailed)) return 'is no valid JWT';
    switch (error.claim) {
      case 'aud':
        return `is not for this server (aud, expected ${audience.join(' or ')})`;
      case 'nbf':
        return 'is not valid yet (nbf)';
      case 'typ':
        return `is of another type (typ, expected ${tokenType}): an access token was expected`;
      default:
        return `has a wrong or missing claim (${/^\w{1,20}$/.test(error.claim) ? error.claim : 'other'})`;
    }
  }
}

/** Three or five parts of base64url of which the first is that of a JSON object (RFC 7515, section 7.1; RFC 7516, section 7.1). */
export function looksLikeJwt(token: string): boolean {
  return /^eyJ[\w-]*(?:\.[\w-]*){2,4}$/.test(token);
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refusal('is no valid JWT');
  }
}

function refusal(reason: string): InvalidTokenError {
  return new InvalidTokenError(`The token ${reason}.`);
}
