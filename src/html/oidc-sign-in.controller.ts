import { Controller, Get, Header, HttpStatus, Logger, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGIN_SECONDS } from '../access/oidc/login-states.js';
import { LoginError, type LoginFault } from '../access/oidc/login.js';
import { OIDC_CALLBACK, OIDC_SIGN_IN, OidcSignIn } from '../access/oidc/oidc-sign-in.js';
import { noteForRecord } from '../ogc/requests/record.js';
import { cookieAt, removeCookie, setCookie, takeCookie } from '../access/session/session-cookie.js';
import { Sessions } from '../access/session/sessions.js';
import { NotAvailableError } from '../ogc/domain-errors.js';
import { Links } from '../ogc/links.js';
import { Pages } from '../ogc/pages.js';
import { leadOn } from './lead-on.js';
import { nextPage } from './next-page.js';
import type { SignInPageResource } from './pages/sign-in.js';

const STATUS: Readonly<Record<LoginFault, HttpStatus>> = {
  refused: HttpStatus.FORBIDDEN,
  unknown: HttpStatus.BAD_REQUEST,
  away: HttpStatus.SERVICE_UNAVAILABLE,
  failed: HttpStatus.BAD_GATEWAY,
};

/** Where people sign in at the provider (OpenID Connect Core 1.0, section 3.1). */
@ApiExcludeController()
@Controller()
export class OidcSignInController {
  private readonly logger = new Logger(OidcSignInController.name);

  constructor(
    private readonly oidc: OidcSignIn,
    private readonly sessions: Sessions,
    private readonly pages: Pages,
    private readonly links: Links,
  ) {}

  /** Leads to the provider. */
  @Get(OIDC_SIGN_IN)
  @Header('cache-control', 'no-store')
  async begin(@Query('next') next: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.demandSignIn();
    const base = this.links.base(request);
    await this.orFault(request, reply, nextPage(next), async () => {
      const { url, cookie } = await this.oidc.begin(base, nextPage(next));
      void reply.header('set-cookie', setCookie(this.oidc.cookieAt(base), cookie, LOGIN_SECONDS));
      await reply.redirect(url, HttpStatus.SEE_OTHER);
    });
  }

  /** The provider leads back here. */
  @Get(OIDC_CALLBACK)
  @Header('cache-control', 'no-store')
  async end(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.demandSignIn();
    const base = this.links.base(request);
    const own = this.oidc.cookieAt(base);
    const { value } = takeCookie(request.headers.cookie, own);
    void reply.header('set-cookie', removeCookie(own));
    await this.orFault(request, reply, '/', async () => {
      const { session, next } = await this.oidc.end(base + request.url, value);
      noteForRecord(request, { actor: { ...session, means: 'session' } });
      const closed = await this.sessions.close(session).catch((error: unknown) => {
        throw error instanceof RangeError ? new LoginError('failed', error.message) : error;
      });
      void reply.header('set-cookie', setCookie(cookieAt(base), closed));
      this.logger.log(
        `${session.subject} signed in (OpenID Connect, ${request.ip}) until ${session.end.toISOString()}; roles: ${session.roles.join(', ') || 'none'}`,
      );
      await leadOn(this.pages, request, reply, base + next);
    });
  }

  /** What came to nothing is told on the page where one signs in. */
  private async orFault(
    request: FastifyRequest,
    reply: FastifyReply,
    next: string,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      const { fault, message } = error;
      this.logger.warn(`Signing in with OpenID Connect came to nothing (${fault}, ${request.ip}): ${message}`);
      const resource: SignInPageResource = { next, oidcFault: fault };
      if (fault === 'away') void reply.header('retry-after', '5');
      await reply.status(STATUS[fault]).send(this.pages.render(request, reply, 'sign-in', resource));
    }
  }

  /** @throws NotAvailableError */
  private demandSignIn(): void {
    if (!this.oidc.isOn) throw new NotAvailableError('Nobody can sign in with OpenID Connect at this server.');
  }
}
