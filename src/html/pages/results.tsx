import type { OutputPreview, ResultsPreview } from '../../jobs/results/results-preview.js';
import { Anchor, Facts, LinkList } from '../components.js';
import type { PageMaker } from '../page.js';

/** What browsers show as a picture; scripts in it do not run there. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)\b/i;

export const resultsPage: PageMaker<ResultsPreview> = ({ jobID, outputs, links }, { base }) => {
  const whole = links.find(({ rel }) => rel === 'alternate');
  return {
    title: `Results of job ${jobID}`,
    links,
    content: (
      <>
        <h1>Results</h1>
        <p class="id muted">
          of job <Anchor href={`${base}/jobs/${jobID}`}>{jobID}</Anchor>
        </p>
        {outputs.length === 0 ? <p>The job was successful and has no results.</p> : null}
        {outputs.map((output) => (
          <Output output={output} />
        ))}
        {whole === undefined || outputs.length === 0 ? null : (
          <p>
            <Anchor href={whole.href}>{whole.title ?? whole.href}</Anchor>
          </p>
        )}
        <LinkList links={links} />
      </>
    ),
  };
};

function Output({ output: { id, href, mediaType, size, text, isCut } }: { output: OutputPreview }) {
  const isPicture = PICTURE.test(mediaType);
  return (
    <section>
      <h2 class="id">{id}</h2>
      <Facts
        facts={[
          ['Media type', mediaType],
          ['Size', `${size} ${size === 1 ? 'byte' : 'bytes'}`],
          ['Address', <Anchor href={href}>{href}</Anchor>],
        ]}
      />
      {isPicture ? <img class="result" src={href} alt={id} /> : null}
      {text === undefined || isPicture ? null : <pre tabIndex={0}>{text}</pre>}
      {isCut && !isPicture ? <p class="muted">Only the beginning is shown.</p> : null}
    </section>
  );
}
