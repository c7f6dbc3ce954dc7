import './geotiff/geotiff.js';
import type { GeoTIFFImage } from 'geotiff';
import { ownAddress } from './own-address.js';

/** Pixels of the longer side of what is drawn, at the most. */
const LONGEST = 800;
/** Pixels that are read for it, at the most: of an image without overviews a strip of them would be the whole file. */
const MOST_READ = 16_000_000;

/** Of the interface, in its language. */
export interface RasterTexts {
  readonly size: string;
  readonly bands: string;
  readonly system: string;
  readonly extent: string;
  readonly resolution: string;
  readonly overviews: string;
  readonly tooLarge: string;
}

/** Shows the header of a GeoTIFF, and the smallest of its images that fills the place, read by ranges (https://docs.ogc.org/is/21-026/21-026.html). */
export async function showRaster(place: HTMLElement, address: string, texts: RasterTexts): Promise<void> {
  const tiff = await GeoTIFF.fromUrl(ownAddress(address), { allowFullFile: true });
  const first = await tiff.getImage();
  const count = await tiff.getImageCount();
  place.append(factsOf(first, count - 1, texts));
  const image = await fittingImage(first, (at) => tiff.getImage(at), count);
  if (image.getWidth() * image.getHeight() > MOST_READ) {
    const note = document.createElement('p');
    note.textContent = texts.tooLarge;
    place.append(note);
    return;
  }
  place.append(await drawn(image));
}

function factsOf(image: GeoTIFFImage, overviews: number, texts: RasterTexts): HTMLElement {
  const list = document.createElement('dl');
  const keys = (image.getGeoKeys() ?? {}) as Partial<Record<string, number | string>>;
  const code = keys['ProjectedCSTypeGeoKey'] ?? keys['GeographicTypeGeoKey'];
  const facts: [string, string | undefined][] = [
    [texts.size, `${image.getWidth()} × ${image.getHeight()}`],
    [texts.bands, String(image.getSamplesPerPixel())],
    [texts.system, code === undefined ? undefined : `EPSG:${code}`],
    [texts.extent, place(() => image.getBoundingBox().join(', '))],
    [texts.resolution, place(() => image.getResolution().slice(0, 2).map(Math.abs).join(' × '))],
    [texts.overviews, String(overviews)],
  ];
  for (const [name, value] of facts) {
    if (value === undefined) continue;
    const [term, fact] = [document.createElement('dt'), document.createElement('dd')];
    [term.textContent, fact.textContent] = [name, value];
    list.append(term, fact);
  }
  return list;
}

/** What an image without a place on the earth does not say. */
function place(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Overviews follow the image, each smaller than the one before: the smallest that is large enough. */
async function fittingImage(
  first: GeoTIFFImage,
  imageAt: (at: number) => Promise<GeoTIFFImage>,
  count: number,
): Promise<GeoTIFFImage> {
  let best = first;
  for (let at = 1; at < count; at++) {
    const image = await imageAt(at);
    const isOverview = (Number(image.fileDirectory.getValue('NewSubfileType') ?? 0) & 1) === 1;
    if (isOverview && Math.max(image.getWidth(), image.getHeight()) >= LONGEST && image.getWidth() < best.getWidth())
      best = image;
  }
  return best;
}

/** Three bands of bytes are colours; of anything else the first band is drawn in grey, from its smallest to its largest value. */
async function drawn(image: GeoTIFFImage): Promise<HTMLCanvasElement> {
  const scale = Math.min(1, LONGEST / Math.max(image.getWidth(), image.getHeight()));
  const [width, height] = [image.getWidth(), image.getHeight()].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width ?? 1, height ?? 1];
  canvas.className = 'result';
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const isColour = image.getSamplesPerPixel() >= 3 && image.getBitsPerSample() === 8;
  const samples = isColour ? [0, 1, 2] : [0];
  const bands = await image.readRasters({ samples, width: canvas.width, height: canvas.height, interleave: false });
  const layers = bands as unknown as ArrayLike<number>[];
  const nothing = image.getGDALNoData();
  const pixels = context.createImageData(canvas.width, canvas.height);
  const [least, most] = isColour ? [0, 255] : limitsOf(layers[0] ?? [], nothing);
  for (let at = 0; at < canvas.width * canvas.height; at++) {
    const isNothing = layers[0]?.[at] === nothing || Number.isNaN(layers[0]?.[at]);
    for (let band = 0; band < 3; band++) {
      const value = (layers[band] ?? layers[0])?.[at] ?? 0;
      pixels.data[at * 4 + band] = ((value - least) / (most - least || 1)) * 255;
    }
    pixels.data[at * 4 + 3] = isNothing ? 0 : 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function limitsOf(values: ArrayLike<number>, nothing: number | null): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? NaN;
    if (value === nothing || Number.isNaN(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
