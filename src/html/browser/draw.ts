import type { LatLng, LayerGroup, LeafletMouseEvent, Map as LeafletMap } from 'leaflet';
import type { GeoJsonObject, Geometry } from 'geojson';
import { addButton, makeMap } from './map.js';

/** Digits after the point: a tenth of a metre. */
const DIGITS = 6;

/** What a shape can be drawn as. */
type Shape = 'point' | 'line' | 'polygon';

/**
 * Draws a box on the map of a field set: dragging writes its corners into the controls, and what one types there is drawn.
 * @param frame where the map goes
 * @param corners controls of west, south, east, north
 */
export async function drawBox(frame: HTMLElement, corners: readonly HTMLInputElement[]): Promise<void> {
  const map = await makeMap(frame);
  const drawn = L.featureGroup().addTo(map);
  const show = (fit: boolean): void => {
    const values = corners.map(({ value }) => (value === '' ? NaN : Number(value)));
    drawn.clearLayers();
    if (!values.every(Number.isFinite)) return;
    const [west = 0, south = 0, east = 0, north = 0] = values;
    const box = L.rectangle(L.latLngBounds([south, west], [north, east])).addTo(drawn);
    if (fit) map.fitBounds(box.getBounds(), { maxZoom: 14, animate: false });
  };
  show(true);
  for (const corner of corners) corner.addEventListener('input', () => show(false));
  modeButton(map, frame, frame.dataset['box'] ?? '', (end) => {
    map.dragging.disable();
    let from: LatLng | undefined;
    const write = (to: LatLng): void => {
      if (!from) return;
      const bounds = L.latLngBounds(from, to);
      const values = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
      for (const [index, corner] of corners.entries()) set(corner, String(rounded(values[index] ?? 0)));
    };
    const events = {
      mousedown: ({ latlng }: LeafletMouseEvent) => void (from = latlng),
      mousemove: ({ latlng }: LeafletMouseEvent) => write(latlng),
      mouseup: ({ latlng }: LeafletMouseEvent) => {
        write(latlng);
        end();
      },
    };
    map.on(events);
    return () => {
      map.off(events);
      map.dragging.enable();
    };
  });
}

/**
 * Draws a geometry: each click is a point of it, a double click its last. What the control holds is shown.
 * @param frame where the map goes; `data-point`, `data-line`, `data-polygon` say what the buttons are called
 * @param control takes GeoJSON
 */
export async function drawGeometry(frame: HTMLElement, control: HTMLTextAreaElement | HTMLInputElement): Promise<void> {
  const map = await makeMap(frame);
  map.doubleClickZoom.disable();
  const drawn = L.featureGroup().addTo(map);
  const show = (fit: boolean): void => {
    drawn.clearLayers();
    const layer = layerOf(control.value);
    if (!layer) return;
    layer.addTo(drawn);
    if (fit && drawn.getBounds().isValid()) map.fitBounds(drawn.getBounds(), { maxZoom: 14, animate: false });
  };
  show(true);
  control.addEventListener('input', () => show(false));
  for (const shape of ['point', 'line', 'polygon'] as const)
    modeButton(map, frame, frame.dataset[shape] ?? '', (end) => {
      const points: LatLng[] = [];
      const events = {
        click: ({ latlng }: LeafletMouseEvent) => {
          // A double click is two of them at one place.
          if (!points.at(-1)?.equals(latlng)) points.push(latlng);
          const geometry = geometryOf(shape, points);
          if (geometry) set(control, JSON.stringify(inFormat(geometry, control.dataset['format'])));
          if (shape === 'point') end();
        },
        dblclick: () => end(),
      };
      map.on(events);
      return () => void map.off(events);
    });
}

/** A button over the map that begins drawing, and ends it; only one draws at a time. @param begin returns what ends it */
function modeButton(map: LeafletMap, frame: HTMLElement, text: string, begin: (end: () => void) => () => void): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.setAttribute('aria-pressed', 'false');
  let stop: (() => void) | undefined;
  const end = (): void => {
    stop?.();
    stop = undefined;
    button.setAttribute('aria-pressed', 'false');
    frame.classList.remove('drawing');
  };
  button.addEventListener('click', () => {
    if (stop) return end();
    for (const other of frame.querySelectorAll<HTMLButtonElement>('button[aria-pressed=true]')) other.click();
    stop = begin(end);
    button.setAttribute('aria-pressed', 'true');
    frame.classList.add('drawing');
  });
  addButton(map, button);
}

function geometryOf(shape: Shape, points: readonly LatLng[]): Geometry | undefined {
  const coordinates = points.map(({ lng, lat }) => [rounded(lng), rounded(lat)]);
  const [first = [0, 0]] = coordinates;
  if (shape === 'point') return { type: 'Point', coordinates: first };
  if (shape === 'line') return coordinates.length < 2 ? undefined : { type: 'LineString', coordinates };
  return coordinates.length < 3 ? undefined : { type: 'Polygon', coordinates: [[...coordinates, first]] };
}

/** As the format of the input wants it (https://docs.ogc.org/is/18-062r2/18-062r2.html, table 13): bare, or in a feature. */
function inFormat(geometry: Geometry, format = ''): GeoJsonObject {
  const feature = { type: 'Feature' as const, properties: {}, geometry };
  if (format.endsWith('geojson-feature-collection'))
    return { type: 'FeatureCollection', features: [feature] } as GeoJsonObject;
  return format.endsWith('geojson-feature') ? feature : geometry;
}

function layerOf(text: string): LayerGroup | undefined {
  try {
    const value = JSON.parse(text) as GeoJsonObject;
    return L.geoJSON(value, { pointToLayer: (_, at) => L.circleMarker(at, { radius: 6 }) });
  } catch {
    // Nothing yet, or not all of it.
    return undefined;
  }
}

function set(control: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  control.value = value;
  control.dispatchEvent(new Event('input', { bubbles: true }));
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DIGITS));
}
