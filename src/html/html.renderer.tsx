import { Injectable } from '@nestjs/common';
import { renderToString } from 'preact-render-to-string';
import { Configuration } from '../config/configuration.js';
import { localize } from '../ogc/languages.js';
import { type PageContext, type PageKind, PageRenderer } from '../ogc/pages.js';
import { Layout } from './layout.js';
import type { PageMaker } from './page.js';
import { asyncApiPage } from './pages/asyncapi.js';
import { conformancePage, landingPage } from './pages/capabilities.js';
import { jobPage } from './pages/job.js';
import { jobsPage } from './pages/jobs.js';
import { problemPage, problemTypePage, problemTypesPage } from './pages/problems.js';
import { processPage } from './pages/process.js';
import { processesPage } from './pages/processes.js';
import { resultsPage } from './pages/results.js';
import { visualisationsPage } from './pages/visualisations.js';

const makers: Readonly<Record<PageKind, PageMaker<never>>> = {
  'landing-page': landingPage,
  conformance: conformancePage,
  processes: processesPage,
  process: processPage,
  jobs: jobsPage,
  job: jobPage,
  results: resultsPage,
  visualisations: visualisationsPage,
  asyncapi: asyncApiPage,
  problem: problemPage,
  'problem-types': problemTypesPage,
  'problem-type': problemTypePage,
};

/** Makes pages with Preact, which escapes every text and attribute. */
@Injectable()
export class HtmlRenderer extends PageRenderer {
  constructor(private readonly configuration: Configuration) {
    super();
  }

  render(kind: PageKind, resource: object, context: PageContext): string {
    const { title, content, links = [], refresh } = makers[kind](resource as never, context);
    const site = localize(this.configuration.metadata.identification.title, context.languages) ?? 'OGC API - Processes';
    const document = (
      <Layout base={context.base} site={site} title={title} links={links} refresh={refresh}>
        {content}
      </Layout>
    );
    return `<!doctype html>\n${renderToString(document)}\n`;
  }
}
