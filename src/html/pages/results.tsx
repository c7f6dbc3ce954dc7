import type { ResultsPreview } from '../../jobs/results-preview.js';
import { Facts, LinkList } from '../components.js';
import type { PageMaker } from '../page.js';

export const resultsPage: PageMaker<ResultsPreview> = ({ jobID, mediaType, size, text, isCut, links }) => {
  const raw = links.find(({ rel }) => rel === 'alternate')?.href;
  return {
    title: `Results of job ${jobID}`,
    links,
    content: (
      <>
        <h1>Results</h1>
        <p class="id muted">{jobID}</p>
        {mediaType === undefined ? (
          <p>The job was successful and has no results.</p>
        ) : (
          <>
            <Facts
              facts={[
                ['Media type', mediaType],
                ['Size', size === undefined ? undefined : `${size} bytes`],
              ]}
            />
            {raw === undefined ? null : (
              <p>
                <a href={raw}>The results as they are</a>
              </p>
            )}
            {/^image\/(?:png|jpeg|gif|webp|avif)\b/i.test(mediaType) && raw !== undefined ? (
              <img class="result" src={raw} alt="The result" />
            ) : null}
            {text === undefined ? null : <pre>{text}</pre>}
            {isCut ? <p class="muted">Only the beginning is shown.</p> : null}
          </>
        )}
        <LinkList links={links} />
      </>
    ),
  };
};
