import { Body, Controller, Get, Header, HttpStatus, Logger, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../access/access.js';
import { OidcSignIn } from '../access/oidc/oidc-sign-in.js';
import { cookieAt, removeCookie, setCookie } from '../access/session/session-cookie.js';
import { Sessions } from '../access/session/sessions.js';
import { NotAvailableError, UnauthorizedError } from '../ogc/domain-errors.js';
import { Links } from '../ogc/links.js';
import { Pages } from '../ogc/pages.js';
import { noteForRecord } from '../ogc/requests/record.js';
import { sessionOf } from '../ogc/requests/session.js';
import { leadOn } from './lead-on.js';
import { nextPage } from './next-page.js';
import type { SignInPageResource } from './pages/sign-in.js';
import { readableForm, TAKES_FORMS } from './received-form.js';

/** Where people sign in with a browser, and out: what they are gets a cookie, which no address that programs use takes for what changes anything. */
@ApiExcludeController()
@Controller()
export class SignInController {
  private readonly logger = new Logger(SignInController.name);

  constructor(
    private readonly sessions: Sessions,
    private readonly access: Access,
    private readonly pages: Pages,
    private readonly links: Links,
    private readonly oidc: OidcSignIn,
  ) {}

  /** The form; who is signed in is led on. */
  @Get('sign-in')
  @Header('cache-control', 'no-store')
  async form(@Query('next') next: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.demandSignIn();
    const resource: SignInPageResource = { next: nextPage(next) };
    if (sessionOf(request)) await reply.redirect(this.links.base(request) + resource.next, HttpStatus.SEE_OTHER);
    else await reply.send(this.pages.render(request, reply, 'sign-in', resource));
  }

  /** Signs in whoever gives the token, and leads to where they came from. */
  @RouteConfig(TAKES_FORMS)
  @Post('sign-in')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  async signIn(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ url: string }> {
    this.demandSignIn();
    const base = this.links.base(request);
    const { token, next } = readableForm(request, body, base);
    const given = typeof token === 'string' && token !== '' ? token : undefined;
    const resource: SignInPageResource = { next: nextPage(next), hadToken: given !== undefined };
    this.pages.showProblemsOn(request, { kind: 'sign-in', resource: (problem) => ({ ...resource, problem }) });
    if (given !== undefined) noteForRecord(request, { showsToken: true });
    const session = await this.sessions.ofToken(given, request.ip);
    if (!session) {
      this.logger.log(`Signing in is refused (${this.access.nameOf(callerOf(request), given)})`);
      throw new UnauthorizedError(given === undefined ? 'The token is missing.' : 'The token does not match.');
    }
    noteForRecord(request, { actor: { ...session, means: 'token' } });
    void reply.header('set-cookie', setCookie(cookieAt(base), await this.sessions.close(session)));
    this.logger.log(`${session.subject} signed in (token, ${request.ip}) until ${session.end.toISOString()}`);
    return { url: base + resource.next };
  }

  /** Takes the cookie away, and leads to the landing page, of who signed in at the provider by way of its sign-out. */
  @RouteConfig(TAKES_FORMS)
  @Post('sign-out')
  async signOut(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.demandSignIn();
    const base = this.links.base(request);
    readableForm(request, body, base);
    const caller = callerOf(request);
    if (caller.session) this.logger.log(`${caller.session.subject} signed out (${this.access.nameOf(caller)})`);
    void reply.header('set-cookie', removeCookie(cookieAt(base)));
    const there = await this.oidc.endOfSession(caller.session, `${base}/`);
    if (there === undefined) await reply.redirect(`${base}/`, HttpStatus.SEE_OTHER);
    else await leadOn(this.pages, request, reply.status(HttpStatus.OK), there);
  }

  /** @throws NotAvailableError */
  private demandSignIn(): void {
    if (this.sessions.whyOff !== undefined)
      throw new NotAvailableError(`Nobody can sign in at this server: ${this.sessions.whyOff}.`);
  }
}
