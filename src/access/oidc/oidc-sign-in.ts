import type { Configuration } from '../../config/configuration.js';
import type { Session } from '../../ogc/requests/session.js';
import { cookieAt, type SessionCookie } from '../session/session-cookie.js';
import type { Sessions } from '../session/sessions.js';
import { Login, LoginError } from './login.js';
import { LoginStates } from './login-states.js';
import type { ProviderMetadata } from './provider-metadata.js';

/** Beneath the server's address: where a login begins, and where the provider leads back to. */
export const OIDC_SIGN_IN = 'sign-in/oidc';
export const OIDC_CALLBACK = `${OIDC_SIGN_IN}/callback`;

/** Behind `__Host-` or `__Secure-`, as that of a session. */
const COOKIE_NAME = 'pygeoapi-login';

/** How people sign in at the provider, and out. */
export class OidcSignIn {
  private readonly states: LoginStates;
  private readonly login: Login | undefined;
  private readonly issuer: string | undefined;

  constructor(
    { access }: Pick<Configuration, 'access'>,
    private readonly sessions: Pick<Sessions, 'keysFor' | 'start' | 'whyOff'>,
    provider: ProviderMetadata | undefined,
  ) {
    const { oidc } = access.rules ?? {};
    this.states = new LoginStates(sessions.keysFor('login'));
    this.issuer = oidc?.issuer;
    if (oidc?.client && provider && sessions.whyOff === undefined) this.login = new Login(oidc, oidc.client, provider);
  }

  /** Whether anybody can. */
  get isOn(): boolean {
    return this.login !== undefined;
  }

  /** Holds what comes back with the browser. */
  cookieAt(base: string): SessionCookie {
    return cookieAt(base, COOKIE_NAME);
  }

  /**
   * @param base the server's address
   * @param next where it leads then, beneath that
   * @returns where the browser is to go, and the value of its cookie
   * @throws LoginError
   */
  async begin(base: string, next: string): Promise<{ readonly url: string; readonly cookie: string }> {
    const { url, login } = await this.demandLogin().begin(`${base}/${OIDC_CALLBACK}`, next);
    const cookie = await this.states.seal(login).catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      return this.states.seal({ ...login, next: '/' });
    });
    return { url: url.href, cookie };
  }

  /**
   * @param address of the request by which the provider led back, whole
   * @param cookie its value; it is good for once
   * @throws LoginError
   */
  async end(
    address: string,
    cookie: string | undefined,
  ): Promise<{ readonly session: Session; readonly next: string }> {
    const login = this.demandLogin();
    const state = cookie === undefined ? undefined : await this.states.openOnce(cookie);
    if (!state) throw new LoginError('unknown', cookie === undefined ? 'there is no cookie of it' : 'it is over');
    const identity = await login.end(new URL(address), state);
    return { session: this.sessions.start(identity), next: state.next };
  }

  /**
   * Where the browser is to go to sign out at the provider, too; undefined where it need not.
   * @param then where the provider leads to; it has to know that address
   */
  async endOfSession(session: Session | undefined, then: string): Promise<string | undefined> {
    if (session?.issuer !== this.issuer) return undefined;
    return (await this.login?.endOfSession(then))?.href;
  }

  private demandLogin(): Login {
    if (!this.login) throw new Error('Nobody can sign in with OpenID Connect.');
    return this.login;
  }
}
