import { createRequire } from 'node:module';
import type sanitize from 'sanitize-html';
import type { MapSettings } from '../../config/configuration.js';
import { isTileTemplate, tileOrigins } from '../../config/sections/map.section.js';
import { type Translate, useTexts } from '../texts/texts.js';

// 60 modules, which only a configured background needs.
const require = createRequire(import.meta.url);

/** The background that maps may have, made safe; undefined: none is configured, or none that can be loaded. */
export interface MapBackground {
  readonly url: string;
  /** HTML: text and links. */
  readonly attribution: string;
  readonly auto: boolean;
  readonly origins: readonly string[];
}

export function backgroundOf(map: MapSettings | undefined): MapBackground | undefined {
  if (!map || !isTileTemplate(map.url)) return undefined;
  const attribution = (require('sanitize-html') as typeof sanitize)(map.attribution ?? '', {
    allowedTags: ['a'],
    allowedAttributes: { a: ['href'] },
    allowedSchemes: ['http', 'https', 'mailto'],
  });
  return { url: map.url, attribution, auto: map.auto, origins: tileOrigins(map.url) };
}

/** What the scripts of a map are told of its background, as `data-` attributes. */
export function backgroundData(background: MapBackground | undefined, t: Translate): Readonly<Record<string, string>> {
  if (!background) return {};
  const { url, attribution, auto, origins } = background;
  const ask = t('map.background', { host: new URL(origins[0] ?? '').host });
  return { tiles: url, attribution, ask, ...(auto ? { auto: '' } : {}) };
}

/**
 * Where `browser/map.ts` draws GeoJSON or a bounding box.
 * @param source address of the document, of this server
 */
export function MapView({ source, name, background }: { source: string; name: string; background?: MapBackground }) {
  const t = useTexts();
  const data = backgroundData(background, t);
  return (
    <div class="map-frame">
      <div
        class="map"
        role="region"
        aria-label={t('map.of', { name })}
        data-map="features"
        data-source={source}
        data-tiles={data['tiles']}
        data-attribution={data['attribution']}
        data-auto={data['auto']}
        data-ask={data['ask']}
        data-failed={t('map.failed')}
        data-foreign={t('map.foreign')}
        data-show={t('map.show')}
      />
      <noscript>
        <p class="muted">{t('map.needs-scripts')}</p>
      </noscript>
    </div>
  );
}
