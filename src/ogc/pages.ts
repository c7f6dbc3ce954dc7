import { Injectable, Optional } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { addVary, requestedLanguages } from './languages.js';
import { Links } from './links.js';
import type { LinkDto } from './ogc.dto.js';
import type { Problem } from './problem.js';
import { rememberLanguage } from './requests/language-cookie.js';
import { type Rights, rightsOf } from './requests/rights.js';
import { type Visit, visitOf } from './requests/session.js';
import { type Share, shareOf } from './requests/share.js';
import { type Format, variesByFormat, withFormat, withParameter } from './representation.js';

/** Resources that have a page. */
export type PageKind =
  | 'landing-page'
  | 'conformance'
  | 'processes'
  | 'process'
  | 'jobs'
  | 'dismissal'
  | 'job'
  | 'results'
  | 'log'
  | 'visualisations'
  | 'asyncapi'
  | 'problem'
  | 'problem-types'
  | 'problem-type'
  | 'sign-in'
  | 'leads-on'
  | 'me'
  | 'usage'
  | 'share-link';

/** The kind of resource that a controller's method returns, where it is answered as JSON or as a page; set by `HasPage`. */
export const PageOf = Reflector.createDecorator<PageKind>();

/** What a page needs to know beside its resource. */
export interface PageContext {
  /** The API's address without trailing slash. */
  readonly base: string;
  /** The address of this page. */
  readonly address: string;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Best first. */
  readonly languages: readonly string[];
  /** Of the texts of the configuration, where they are in one. */
  readonly language?: string;
  /** Of the texts of the interface: one of the renderer's. */
  readonly interfaceLanguage?: string;
  /** Which the page answers; absent: nobody asked. */
  readonly request?: FastifyRequest;
  /** What who asks may do; absent where roles do not decide. */
  readonly rights?: Rights;
  /** Absent where nobody can sign in. */
  readonly visitor?: Visitor;
  /** The link for others that led here, which alone counts: there is no visitor then. */
  readonly share?: Share;
  /** The same page in each language that there is; empty where it is not had by its address alone. */
  readonly languageChoices?: readonly LanguageChoice[];
}

/** Who looks at a page. */
export interface Visitor {
  /** Whose session it is; absent: nobody's. */
  readonly name?: string;
  /** Where one can sign in beside by a token, as people know it. */
  readonly provider?: string;
  /** What leads back here: path and query beneath the API's address. */
  readonly next: string;
  /** Whether a session did not count because another site led here. */
  readonly isHeldBack: boolean;
}

export interface LanguageChoice {
  readonly language: string;
  readonly href: string;
  /** Whether this is the one. */
  readonly isCurrent: boolean;
}

/** A page with a form, made again where what the form sent is at fault. */
export interface FormPage {
  readonly kind: PageKind;
  /** What the page is made of, with the problem. */
  resource(problem: Problem): object;
}

export interface RenderedPage {
  /** A whole HTML document, with everything of the resource escaped. */
  readonly html: string;
  /** Of the answer that has it, by names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes pages of resources; whoever provides it decides what they look like. */
export abstract class PageRenderer {
  /** In which the interface is, the default one first. */
  abstract readonly languages: readonly string[];

  /** @param resource as its JSON has it */
  abstract render(kind: PageKind, resource: object, context: PageContext): RenderedPage;
}

/** Answers resources as pages. */
@Injectable()
export class Pages {
  constructor(
    private readonly links: Links,
    private readonly configuration: Configuration,
    @Optional() private readonly renderer?: PageRenderer,
  ) {}

  /** Of requests that a form sent: the page that has it. */
  private readonly formPages = new WeakMap<FastifyRequest, FormPage>();

  /** Has a problem of this request shown on the page whose form sent it, so that what was filled in is not lost. */
  showProblemsOn(request: FastifyRequest, page: FormPage): void {
    this.formPages.set(request, page);
  }

  /** The page of a problem; sets the headers of the answer, as {@link render}. */
  renderProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): string {
    const page = this.formPages.get(request);
    return page
      ? this.render(request, reply, page.kind, page.resource(problem))
      : this.render(request, reply, 'problem', problem);
  }

  /** Whether there is anybody to make pages. */
  get areServed(): boolean {
    return this.renderer !== undefined;
  }

  /** The resource with the links to its other formats: among its own ones where it has some. */
  withAlternates<T extends object>(resource: T, request: FastifyRequest, format: Format): T {
    const links = (resource as { links?: LinkDto[] }).links;
    if (!links || !this.areServed) return resource;
    const [self, ...others] = links;
    if (self?.rel !== 'self') return resource;
    return {
      ...resource,
      links: [format === 'html' ? htmlSelf(self) : self, ...this.alternates(request, format), ...others],
    };
  }

  /** Of the resource that is asked for. */
  alternates(request: FastifyRequest, format: Format): LinkDto[] {
    const address = this.addressOf(request);
    return format === 'html'
      ? [
          {
            href: withFormat(address, 'json'),
            rel: 'alternate',
            type: 'application/json',
            title: 'This document as JSON',
          },
        ]
      : [{ href: withFormat(address, 'html'), rel: 'alternate', type: 'text/html', title: 'This document as HTML' }];
  }

  /**
   * The page of a resource; sets the headers of the answer.
   * @throws Error where nobody makes pages
   */
  render(request: FastifyRequest, reply: FastifyReply, kind: PageKind, resource: object): string {
    if (!this.renderer) throw new Error('Nobody makes pages.');
    variesByFormat(reply);
    addVary(reply, 'Accept-Language');
    addVary(reply, 'Cookie');
    rememberLanguage(request, reply, this.links.base(request));
    const { html, headers } = this.renderer.render(
      kind,
      resource,
      this.contextOf(request, reply, this.renderer.languages),
    );
    void reply.headers({ 'content-type': 'text/html; charset=utf-8', ...headers });
    return html;
  }

  private contextOf(request: FastifyRequest, reply: FastifyReply, interfaceLanguages: readonly string[]): PageContext {
    const query = (request.query ?? {}) as PageContext['query'];
    const language = reply.getHeader('content-language');
    const negotiate = (available: readonly string[]) => requestedLanguages(request, available);
    const configured = this.configuration.server.languages;
    const share = shareOf(request);
    const visit = share ? undefined : visitOf(request);
    const rights = share ? undefined : rightsOf(request);
    return {
      request,
      ...(rights ? { rights } : {}),
      base: this.links.base(request),
      address: this.addressOf(request),
      query,
      languages: negotiate(configured),
      interfaceLanguage: negotiate(interfaceLanguages)[0],
      languageChoices: /^(?:GET|HEAD)$/.test(request.method)
        ? this.choicesOf(request, [...configured, ...interfaceLanguages])
        : [],
      ...(typeof language === 'string' ? { language } : {}),
      ...(share ? { share } : {}),
      ...(visit ? { visitor: { ...toVisitor(visit, request), ...this.provider() } } : {}),
    };
  }

  private provider(): Pick<Visitor, 'provider'> {
    const { oidc } = this.configuration.access.rules ?? {};
    return oidc?.client ? { provider: oidc.title } : {};
  }

  /** @param languages of which one stands for all of its kind: `en-US` for `en` */
  private choicesOf(request: FastifyRequest, languages: readonly string[]): LanguageChoice[] {
    const kinds = new Map<string, string>();
    for (const language of languages) {
      const kind = language.split('-')[0]?.toLowerCase() ?? '';
      if (!kinds.has(kind)) kinds.set(kind, language);
    }
    const all = [...kinds.values()];
    const [current] = requestedLanguages(request, all);
    return all.map((language) => ({
      language,
      href: withParameter(this.addressOf(request), 'lang', language),
      isCurrent: language === current,
    }));
  }

  private addressOf(request: FastifyRequest): string {
    return this.links.base(request) + request.url;
  }
}

/** A form's address shows nothing: its resource, above it, does. */
function toVisitor({ session, isHeldBack }: Visit, { method, url }: FastifyRequest): Visitor {
  const isShown = method === 'GET' || method === 'HEAD';
  const next = isShown ? url : (url.split('?', 1)[0] ?? '').replace(/\/[^/]*\/?$/, '');
  return { ...(session ? { name: session.name ?? session.subject } : {}), next, isHeldBack };
}

function htmlSelf(self: LinkDto): LinkDto {
  return { ...self, type: 'text/html' };
}
