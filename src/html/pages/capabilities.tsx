import type { ConformanceDto, LandingPageDto } from '../../ogc/ogc.dto.js';
import { Anchor, LinkList, Text } from '../components.js';
import type { PageMaker } from '../page.js';

export const landingPage: PageMaker<LandingPageDto> = (
  { title = 'OGC API - Processes', description, links },
  { language },
) => ({
  title,
  links,
  content: (
    <>
      <h1 lang={language}>{title}</h1>
      <Text lang={language}>{description}</Text>
      <LinkList links={links} />
    </>
  ),
});

export const conformancePage: PageMaker<ConformanceDto> = ({ conformsTo }) => ({
  title: 'Conformance',
  content: (
    <>
      <h1>Conformance</h1>
      <p>The conformance classes of OGC standards that this server implements.</p>
      <ul class="links">
        {conformsTo.map((uri) => (
          <li>
            <Anchor href={uri}>{uri}</Anchor>
          </li>
        ))}
      </ul>
    </>
  ),
});
