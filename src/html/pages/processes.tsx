import type { ProcessListDto } from '../../processes/description/process.dto.js';
import { Anchor, LinkList, PageLinks, ProcessSummary, TitledLink, toShow } from '../components.js';
import type { PageMaker } from '../page.js';

export const processesPage: PageMaker<ProcessListDto> = ({ processes, links }, { base, language }) => ({
  title: 'Processes',
  links,
  content: (
    <>
      <h1>Processes</h1>
      {processes.length === 0 ? <p>There are no processes on this page.</p> : null}
      <ul class="cards">
        {processes.map((process) => (
          <li>
            <h2 class="first" lang={language}>
              <Anchor href={process.links.find(({ rel }) => rel === 'self')?.href ?? '#'}>
                {process.title ?? process.id}
              </Anchor>
            </h2>
            <ProcessSummary process={process} language={language} />
            <details>
              <summary>Links</summary>
              <ul class="links">
                {toShow(process.links, { execute: `${base}/processes/${encodeURIComponent(process.id)}#execute` }).map(
                  (link) => (
                    <li>
                      <TitledLink link={link} />
                    </li>
                  ),
                )}
              </ul>
            </details>
          </li>
        ))}
      </ul>
      <PageLinks links={links} />
      <LinkList links={links} />
    </>
  ),
});
