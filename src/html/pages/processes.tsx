import type { ProcessListDto } from '../../processes/process.dto.js';
import { Anchor, LinkList, PageLinks, Tags, Text } from '../components.js';
import type { PageMaker } from '../page.js';

export const processesPage: PageMaker<ProcessListDto> = ({ processes, links }, { language }) => ({
  title: 'Processes',
  links,
  content: (
    <>
      <h1>Processes</h1>
      {processes.length === 0 ? <p>There are no processes on this page.</p> : null}
      <ul class="cards">
        {processes.map(
          ({ id, title, description, version, keywords, jobControlOptions, outputTransmission, links: own }) => (
            <li>
              <h2 style="margin-top:0" lang={language}>
                <Anchor href={own.find(({ rel }) => rel === 'self')?.href ?? '#'}>{title ?? id}</Anchor>
              </h2>
              <p class="muted">
                <span class="id">{id}</span> · version {version}
              </p>
              <Text lang={language}>{description}</Text>
              <Tags label="Keywords" items={keywords} />
              <Tags
                label="How it can be executed, and its outputs transmitted"
                items={[...jobControlOptions, ...outputTransmission]}
              />
              <details>
                <summary>Links</summary>
                <ul class="links">
                  {own.map((link) => (
                    <li>
                      <Anchor {...link}>{link.title ?? link.href}</Anchor>
                    </li>
                  ))}
                </ul>
              </details>
            </li>
          ),
        )}
      </ul>
      <PageLinks links={links} />
      <LinkList links={links} />
    </>
  ),
});
