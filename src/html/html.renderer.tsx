import { Injectable, Optional } from '@nestjs/common';
import { renderToString } from 'preact-render-to-string';
import { Configuration } from '../config/configuration.js';
import { localize } from '../ogc/languages.js';
import { type PageContext, type PageKind, PageRenderer, type RenderedPage } from '../ogc/pages.js';
import { ProblemTypes } from '../ogc/problem-types.js';
import { Layout } from './layout.js';
import { Overview } from './lists/overview.js';
import type { PageMaker } from './page.js';
import { asyncApiPage } from './pages/asyncapi.js';
import { conformancePage, landingPage } from './pages/capabilities.js';
import { dismissalPage } from './pages/dismissal.js';
import { jobPage } from './pages/job.js';
import { jobsPage } from './pages/jobs.js';
import { logPage } from './pages/log.js';
import { mePage } from './pages/me.js';
import { problemPage, problemTypePage, problemTypesPage } from './pages/problems.js';
import { processPage } from './pages/process.js';
import { processesPage } from './pages/processes.js';
import { resultsPage } from './pages/results.js';
import { leadsOnPage } from './pages/leads-on.js';
import { shareLinkPage } from './pages/share-link.js';
import { signInPage } from './pages/sign-in.js';
import { usagePage } from './pages/usage.js';
import { visualisationsPage } from './pages/visualisations.js';
import { backgroundOf, type MapBackground } from './results/map-view.js';
import { pagePolicy } from './page-policy.js';
import { ShareContext } from './share.js';
import { INTERFACE_LANGUAGES, isInterfaceLanguage, Texts, textsIn } from './texts/texts.js';
import { VisitorContext } from './visitor.js';

const makers: Readonly<Record<PageKind, PageMaker<never>>> = {
  'landing-page': landingPage,
  conformance: conformancePage,
  processes: processesPage,
  process: processPage,
  jobs: jobsPage,
  dismissal: dismissalPage,
  job: jobPage,
  results: resultsPage,
  log: logPage,
  visualisations: visualisationsPage,
  asyncapi: asyncApiPage,
  problem: problemPage,
  'problem-types': problemTypesPage,
  'problem-type': problemTypePage,
  'sign-in': signInPage,
  'leads-on': leadsOnPage,
  me: mePage,
  usage: usagePage,
  'share-link': shareLinkPage,
};

/** Makes pages with Preact, which escapes every text and attribute. */
@Injectable()
export class HtmlRenderer extends PageRenderer {
  readonly languages = INTERFACE_LANGUAGES;
  private readonly background: MapBackground | undefined;

  constructor(
    private readonly configuration: Configuration,
    @Optional() private readonly overview?: Overview,
    @Optional() private readonly problemTypes?: ProblemTypes,
  ) {
    super();
    this.background = backgroundOf(configuration.server.map);
  }

  render(kind: PageKind, resource: object, context: PageContext): RenderedPage {
    const language = isInterfaceLanguage(context.interfaceLanguage) ? context.interfaceLanguage : 'en';
    const t = textsIn(language);
    const { background } = this;
    const page = makers[kind](resource as never, {
      ...context,
      t,
      background,
      overview: () => context.request && this.overview?.in(context.languages, context.request),
      problemType: (name) => this.problemTypes?.find(name),
    });
    const { title, content, links = [], refresh, scripts = [], hasMap = false } = page;
    const origins = (hasMap && background?.origins) || [];
    const site = localize(this.configuration.metadata.identification.title, context.languages) ?? 'OGC API - Processes';
    const document = (
      <Texts.Provider value={t}>
        <VisitorContext.Provider value={kind === 'sign-in' || kind === 'leads-on' ? undefined : context.visitor}>
          <ShareContext.Provider value={context.share}>
            <Layout
              base={context.base}
              language={language}
              site={site}
              title={title}
              links={links}
              refresh={refresh}
              scripts={['page', ...scripts]}
              languageChoices={context.languageChoices}
            >
              {content}
            </Layout>
          </ShareContext.Provider>
        </VisitorContext.Provider>
      </Texts.Provider>
    );
    return {
      html: `<!doctype html>\n${renderToString(document)}\n`,
      headers: {
        'content-security-policy': pagePolicy(context.base, origins),
        // Hosts of tiles want to know whose map it is.
        ...(origins.length > 0 ? { 'referrer-policy': 'strict-origin-when-cross-origin' } : {}),
      },
    };
  }
}
