import type { ProcessListDto } from '../../processes/description/process.dto.js';
import { Anchor, LinkList, PageLinks, ProcessSummary, TitledLink, toShow } from '../components.js';
import type { PageMaker } from '../page.js';
import { useTexts } from '../texts/texts.js';

export const processesPage: PageMaker<ProcessListDto> = ({ processes, links }, { base, language, query, t }) => {
  const text = typeof query['q'] === 'string' ? query['q'].trim() : '';
  return {
    title: t('landing.processes'),
    links,
    content: (
      <>
        <h1>{t('landing.processes')}</h1>
        <ProcessSearch base={base} text={text} />
        {processes.length === 0 ? (
          <p>{text === '' ? t('landing.noProcesses') : t('landing.noneFound', { text })}</p>
        ) : null}
        <ul class="cards">
          {processes.map((process) => (
            <li>
              <h2 class="first" lang={language}>
                <Anchor href={process.links.find(({ rel }) => rel === 'self')?.href ?? '#'}>
                  {process.title ?? process.id}
                </Anchor>
              </h2>
              <ProcessSummary process={process} language={language} base={base} />
              <details>
                <summary>{t('common.links')}</summary>
                <ul class="links">
                  {toShow(process.links, {
                    execute: `${base}/processes/${encodeURIComponent(process.id)}#execute`,
                  }).map((link) => (
                    <li>
                      <TitledLink link={link} />
                    </li>
                  ))}
                </ul>
              </details>
            </li>
          ))}
        </ul>
        <PageLinks links={links} />
        <LinkList links={links} />
      </>
    ),
  };
};

/** Works without scripts, by the API's parameter `q`. */
export function ProcessSearch({ base, text }: { base: string; text: string }) {
  const t = useTexts();
  return (
    <form class="search" method="get" action={`${base}/processes`} role="search">
      <div class="field">
        <label for="q">{t('landing.find')}</label>
        <input id="q" name="q" type="search" value={text} maxLength={200} aria-describedby="q.hint" />
        <small id="q.hint">{t('landing.findHint')}</small>
      </div>
      <div class="submit">
        <button type="submit">{t('landing.search')}</button>{' '}
        {text === '' ? null : <a href={`${base}/processes`}>{t('landing.everything')}</a>}
      </div>
    </form>
  );
}
