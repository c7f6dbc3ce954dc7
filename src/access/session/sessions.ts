import { join } from 'node:path';
import type { Configuration } from '../../config/configuration.js';
import { ApiToken } from '../../ogc/api-token.js';
import { API_SUBJECT, type Session } from '../../ogc/requests/session.js';
import { keptSecret, proofOf, sessionKey } from './session-keys.js';
import { SessionSeal } from './session-seal.js';

/** Of the data folder of the embedded cluster. */
const KEPT = join('cluster', 'access-key');

/** What is sealed with the first key, and opened with any. */
type Keys = readonly [Uint8Array, ...Uint8Array[]];

/** Sessions of people with a browser; a replica knows those of the others by the key that they share. */
export class Sessions {
  private readonly seal: SessionSeal | undefined;
  private readonly token: ApiToken;
  private readonly proof: string | undefined;
  private readonly milliseconds: number;
  /** Why nobody can sign in; undefined: people can. */
  readonly whyOff: string | undefined;

  /**
   * @param embedded whether this process runs the cluster, so that no other has to know its key: it makes one
   * @param now for tests
   */
  constructor(
    { access, environment: { apiToken, dataDir } }: Pick<Configuration, 'access' | 'environment'>,
    embedded: boolean,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.token = new ApiToken(apiToken);
    this.milliseconds = access.sessionHours * 3600 * 1000;
    if (!apiToken) {
      this.whyOff = 'no token is set that one could sign in with (PYGEOAPI_K8S_MANAGER_API_TOKEN)';
      return;
    }
    this.proof = proofOf(apiToken);
    const [first, ...others] = access.keys ?? [embedded ? keptSecret(join(dataDir, KEPT)) : apiToken];
    const keys: Keys = [sessionKey(first ?? apiToken), ...others.map(sessionKey)];
    this.seal = new SessionSeal(keys, now);
  }

  /** The session of whoever has such a token; undefined where that is nobody. */
  ofToken(token: string | undefined): Session | undefined {
    if (!this.token.matches(token)) return undefined;
    return { subject: API_SUBJECT, roles: [], end: new Date(this.now().getTime() + this.milliseconds) };
  }

  /** The value of a cookie. @throws RangeError where it is too long; Error where nobody can sign in */
  async close(session: Session): Promise<string> {
    if (!this.seal) throw new Error(`Sign-in is off: ${this.whyOff}`);
    return this.seal.seal({ ...session, ...(session.subject === API_SUBJECT ? { proof: this.proof } : {}) });
  }

  /** The session in the value of a cookie; undefined where it is none of this server's, over, or of a token that is another now. */
  async open(value: string): Promise<Session | undefined> {
    const sealed = await this.seal?.open(value);
    if (!sealed) return undefined;
    const { proof, ...session } = sealed;
    return session.subject === API_SUBJECT && proof !== this.proof ? undefined : session;
  }
}
