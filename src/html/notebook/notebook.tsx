import { inLanguage, toBeSaid } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import type { CellView, NotebookView, OutputView } from './notebook-view.js';

/** The cells of an executed notebook, readable without scripts. */
export function Notebook({ notebook }: { notebook: NotebookView }) {
  return (
    <>
      {notebook.notes.map((note) => (
        <p class="muted">{toBeSaid(note)}</p>
      ))}
      {notebook.cells.map((cell) => (
        <Cell cell={cell} />
      ))}
    </>
  );
}

/**
 * @param html what {@link Notebook} was rendered to, and nothing else: the same for readers of all languages
 * @param raw where the notebook is as it is
 */
export function NotebookSection({ html, raw }: { html: string; raw: string }) {
  const t = useTexts();
  return (
    <section class="notebook" aria-labelledby="notebook">
      <h2 id="notebook">{t('job.notebook.heading')}</h2>
      <p>
        <a href={raw} type="application/x-ipynb+json">
          {t('job.notebook.file')}
        </a>
      </p>
      <div dangerouslySetInnerHTML={{ __html: inLanguage(t, html) }} />
    </section>
  );
}

function Cell({ cell }: { cell: CellView }) {
  if (cell.kind === 'markdown') return <Html html={cell.html} />;
  if (cell.kind === 'raw') return cell.text === '' ? null : <pre tabIndex={0}>{cell.text}</pre>;
  const { number, isParameters, source, outputs } = cell;
  const name = toBeSaid(`Cell${number === '' ? '' : ` ${number}`}${isParameters ? ', parameters of this run' : ''}`);
  return (
    <div class="cell" role="group" aria-label={name}>
      <p class="muted">{name}</p>
      {source === '' ? null : (
        <pre class="source" tabIndex={0}>
          <code>{source}</code>
        </pre>
      )}
      {outputs.map((output) => (
        <Output output={output} />
      ))}
    </div>
  );
}

function Output({ output }: { output: OutputView }) {
  switch (output.kind) {
    case 'html':
      return <Html html={output.html} />;
    case 'image':
      return <img class="result" src={output.source} alt={output.description} />;
    case 'figure':
      return <Figure figure={output} />;
    case 'note':
      return <p class="muted">{toBeSaid(output.text)}</p>;
    case 'error':
      return (
        <pre class="notice" tabIndex={0} aria-label={toBeSaid('Error')}>
          {output.text}
        </pre>
      );
    default:
      return output.text === '' ? null : (
        <pre class="output" tabIndex={0}>
          {output.text}
        </pre>
      );
  }
}

/** What plotly's script would draw, in words: a page loads no scripts. */
function Figure({ figure }: { figure: Extract<OutputView, { kind: 'figure' }> }) {
  const { title, lines, source } = figure;
  return (
    <figure>
      <figcaption>
        {title === ''
          ? toBeSaid('An interactive figure (plotly)')
          : toBeSaid(`${title} (an interactive figure, plotly)`)}
      </figcaption>
      <ul>
        {lines.map((line) => (
          <li>{toBeSaid(line)}</li>
        ))}
      </ul>
      {source === undefined ? (
        <p class="muted">{toBeSaid('It is too large to be offered here; the notebook’s file has it.')}</p>
      ) : (
        <p>
          <a href={source} download="figure.plotly.json">
            {toBeSaid('The figure as JSON')}
          </a>
          {toBeSaid(', for plotly:')} <code>plotly.io.from_json(text).show()</code>
        </p>
      )}
    </figure>
  );
}

/** Takes what `sanitised.ts` made, and nothing else: Preact does not escape it. */
function Html({ html }: { html: string }) {
  return html === '' ? null : <div class="scroll" dangerouslySetInnerHTML={{ __html: html }} />;
}
