import type { ComponentChildren } from 'preact';
import { localize } from '../../ogc/languages.js';
import type { OutputPreview } from '../../jobs/results/pages/results-preview.js';
import { parseJson } from '../../json/parse-json.js';
import { fileName } from '../../jobs/results/results-zip.js';
import type { RasterTexts } from '../browser/raster.js';
import { Anchor, Facts } from '../components.js';
import type { PageMaking } from '../page.js';
import { readDelimited, SortableTable } from './delimited-table.js';
import { attributeTable, isBoundingBox, isGeoJson } from './geojson.js';
import { JsonTree } from './json-tree.js';
import { MapView, type MapBackground } from './map-view.js';
import { readableSize } from './sizes.js';

/** What browsers show as a picture; scripts in it do not run there. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)\b/i;
const RASTER = /^image\/(?:tiff|geotiff)\b/i;
const TABLE = /^text\/(?:csv|tab-separated-values)\b/i;
const JSON_TYPE = /^application\/(?:[^;]*\+)?json\b/i;
const GEOJSON = /^application\/(?:geo|vnd\.geo)\+json\b/i;

type Making = Pick<PageMaking, 'languages' | 't' | 'interfaceLanguage' | 'background'>;

/** One output: what it is called, how large it is, and what it looks like. */
export function Output({
  output,
  making: { t, languages, interfaceLanguage = 'en', background },
}: {
  output: OutputPreview;
  making: Making;
}) {
  const { id, href, mediaType, size } = output;
  const title = localize(output.title, languages);
  const file = fileName(id, mediaType);
  return (
    <section>
      <h2 class={title === undefined ? 'id' : undefined}>{title ?? id}</h2>
      {title === undefined ? null : <p class="id muted">{id}</p>}
      <Facts
        facts={[
          [t('results.media-type'), mediaType],
          [t('results.size'), readableSize(size, interfaceLanguage)],
          [t('results.address'), <Anchor href={href}>{href}</Anchor>],
        ]}
      />
      <p>
        <Anchor href={href} download={file}>
          {t('results.download', { name: file })}
        </Anchor>
      </p>
      <Shown output={output} name={title ?? id} background={background} t={t} />
      {output.isCut && !PICTURE.test(mediaType) ? <p class="muted">{t('results.beginning')}</p> : null}
    </section>
  );
}

interface ShownProps {
  readonly output: OutputPreview;
  readonly name: string;
  readonly background: MapBackground | undefined;
  readonly t: PageMaking['t'];
}

function Shown({ output, name, background, t }: ShownProps) {
  const { href, mediaType, text, isCut } = output;
  if (PICTURE.test(mediaType)) return <img class="result" src={href} alt={name} />;
  if (GEOJSON.test(mediaType) && (text === undefined || isCut))
    return <MapView source={href} name={name} background={background} />;
  if (RASTER.test(mediaType)) return <Raster href={href} t={t} />;
  if (text === undefined) return null;
  if (TABLE.test(mediaType)) {
    const table = readDelimited(text, mediaType, isCut);
    if (table) return <SortableTable name={t('results.table', { name })} heads={table.heads} rows={table.rows} />;
  }
  if (JSON_TYPE.test(mediaType) && !isCut) {
    const value = jsonOf(text);
    if (value !== undefined)
      return <JsonShown value={value.json} text={text} source={href} {...{ name, background, t }} />;
  }
  return <Plain text={text} />;
}

function JsonShown({
  value,
  text,
  source,
  name,
  background,
  t,
}: Omit<ShownProps, 'output'> & { value: unknown; text: string; source: string }) {
  const parts: ComponentChildren[] = [];
  if (isGeoJson(value)) {
    const { columns, rows } = attributeTable(value);
    parts.push(<MapView source={source} name={name} background={background} />);
    if (columns.length > 0)
      parts.push(
        <SortableTable
          name={t('results.attributes', { name })}
          heads={columns}
          rows={rows.map((row) => row.map(cell))}
        />,
      );
  } else if (isBoundingBox(value)) parts.push(<MapView source={source} name={name} background={background} />);
  return (
    <>
      {parts}
      <JsonTree value={value} />
      <details>
        <summary>{t('results.text')}</summary>
        <Plain text={text} />
      </details>
    </>
  );
}

/** Browsers show no TIFF: a script does, once one asks. */
function Raster({ href, t }: { href: string; t: PageMaking['t'] }) {
  const texts: RasterTexts = {
    size: t('raster.size'),
    bands: t('raster.bands'),
    system: t('raster.system'),
    extent: t('raster.extent'),
    resolution: t('raster.resolution'),
    overviews: t('raster.overviews'),
    tooLarge: t('raster.tooLarge'),
  };
  return (
    <div
      data-raster={href}
      data-show={t('raster.show')}
      data-failed={t('raster.failed')}
      data-texts={JSON.stringify(texts)}
    />
  );
}

function Plain({ text }: { text: string }) {
  return <pre tabIndex={0}>{text}</pre>;
}

function cell(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: parseJson(text) };
  } catch {
    return undefined;
  }
}
