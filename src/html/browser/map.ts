import './leaflet/leaflet.js';
import type { CircleMarker, FeatureGroup, GeoJSON, LatLngBounds, Layer, Map as LeafletMap } from 'leaflet';
import type { Feature, GeoJsonObject } from 'geojson';
import { ownAddress } from './own-address.js';

/** Where one has said that tiles may be loaded. */
const REMEMBERED = 'background-map';
/** Features that are drawn; more make a browser slow. */
const MOST_DRAWN = 20_000;
const STYLES = 'map-styles';

/** Draws each element with `data-map="features"`: the GeoJSON, or the bounding box, at its `data-source`. */
export async function showMaps(within: ParentNode): Promise<void> {
  await loadStyles();
  for (const element of within.querySelectorAll<HTMLElement>('[data-map=features]')) await showFeatures(element);
}

async function showFeatures(element: HTMLElement): Promise<void> {
  const { source = '', failed = '', foreign = '', show = '' } = element.dataset;
  try {
    const answer = await fetch(ownAddress(source), { headers: { accept: '*/*' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const value = (await answer.json()) as Readonly<Record<string, unknown>>;
    if (isForeign(value)) return say(element, foreign);
    const map = await makeMap(element);
    const layer = layerOf(value);
    layer.addTo(map);
    const bounds = layer.getBounds();
    if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 14, animate: false, padding: [10, 10] });
    linkRows(element, layer, map, show);
    element.dataset['drawn'] = '';
  } catch {
    say(element, failed);
  }
}

/** A map with the outline of the land, and the background that the server names, once one has asked for it. */
export async function makeMap(element: HTMLElement): Promise<LeafletMap> {
  await loadStyles();
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const animation = still ? { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false } : {};
  const map = L.map(element, { ...animation, preferCanvas: true, worldCopyJump: true, minZoom: 0 }).setView([20, 0], 1);
  map.attributionControl.setPrefix(false);
  const land = (await (await fetch(new URL('./land.json', import.meta.url))).json()) as GeoJsonObject;
  L.geoJSON(land, { interactive: false, style: { renderer: L.svg({ padding: 1 }), className: 'land' } }).addTo(map);
  addBackground(element, map);
  return map;
}

function addBackground(element: HTMLElement, map: LeafletMap): void {
  const { tiles, attribution = '', auto, ask = '' } = element.dataset;
  if (tiles === undefined) return;
  const load = () => void L.tileLayer(tiles, { attribution, referrerPolicy: 'strict-origin' }).addTo(map);
  const host = new URL(tiles.replaceAll(/\{\w\}/g, '0'), location.href).host;
  if (auto !== undefined || localStorage.getItem(REMEMBERED) === host) return load();
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = ask;
  button.addEventListener('click', () => {
    localStorage.setItem(REMEMBERED, host);
    load();
    button.remove();
  });
  addButton(map, button);
}

/** Puts a button over the map; what it is clicked for, the map is not. */
export function addButton(map: LeafletMap, button: HTMLButtonElement): void {
  const control = new L.Control({ position: 'topright' });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);
}

function layerOf(value: Readonly<Record<string, unknown>>): GeoJSON | FeatureGroup {
  const { bbox } = value as { bbox?: number[] };
  if (!('type' in value) && bbox) {
    const [west = 0, south = 0, , ,] = bbox;
    const [east = 0, north = 0] = bbox.length === 6 ? bbox.slice(3) : bbox.slice(2);
    return L.featureGroup([L.rectangle(L.latLngBounds([south, west], [north, east]))]);
  }
  return L.geoJSON(limited(value), {
    pointToLayer: (_, at) => L.circleMarker(at, { radius: 6 }),
    onEachFeature: (feature: Feature, layer: Layer) => void layer.bindPopup(() => facts(feature)),
  });
}

function limited(value: Readonly<Record<string, unknown>>): GeoJsonObject {
  const { features } = value as { features?: unknown[] };
  const most = features && features.length > MOST_DRAWN ? { ...value, features: features.slice(0, MOST_DRAWN) } : value;
  return most as unknown as GeoJsonObject;
}

/** Attributes are always text. */
function facts({ properties }: Feature): HTMLElement {
  const list = document.createElement('dl');
  for (const [name, value] of Object.entries(properties ?? {}).slice(0, 40)) {
    const term = document.createElement('dt');
    const fact = document.createElement('dd');
    term.textContent = name;
    fact.textContent = typeof value === 'string' ? value : JSON.stringify(value);
    list.append(term, fact);
  }
  return list;
}

/** Gives each row of the table of attributes that follows the map a button that shows its feature. */
function linkRows(element: HTMLElement, layer: GeoJSON | FeatureGroup, map: LeafletMap, show: string): void {
  const table = element.closest('.map-frame')?.nextElementSibling?.querySelector('table');
  const rows = [...(table?.tBodies[0]?.rows ?? [])];
  for (const [index, drawn] of layer.getLayers().entries()) {
    const cell = rows[index]?.cells[0];
    if (!cell) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'show';
    button.title = show;
    button.textContent = cell.textContent || '·';
    button.addEventListener('click', () => {
      map.fitBounds(boundsOf(drawn), { maxZoom: 12 });
      drawn.openPopup();
      element.scrollIntoView({ block: 'nearest' });
    });
    cell.replaceChildren(button);
  }
}

function boundsOf(layer: Layer): LatLngBounds {
  if ('getBounds' in layer) return (layer as FeatureGroup).getBounds();
  const at = (layer as CircleMarker).getLatLng();
  return L.latLngBounds([at]);
}

/** Older GeoJSON may say that it has another reference system than RFC 7946 does; a bounding box may, too. */
function isForeign({ crs }: Readonly<Record<string, unknown>>): boolean {
  if (crs === undefined || crs === null) return false;
  const name = typeof crs === 'string' ? crs : JSON.stringify(crs);
  return !/CRS84|EPSG:{0,2}[\d.]*:?(4326|4979)\b|CRS84h/i.test(name);
}

function say(element: HTMLElement, text: string): void {
  const paragraph = document.createElement('p');
  paragraph.className = 'muted';
  paragraph.textContent = text;
  element.replaceWith(paragraph);
}

async function loadStyles(): Promise<void> {
  if (document.getElementById(STYLES)) return;
  const link = document.createElement('link');
  link.id = STYLES;
  link.rel = 'stylesheet';
  link.href = new URL('./leaflet/leaflet.css', import.meta.url).href;
  const loaded = new Promise((resolve) => {
    link.addEventListener('load', resolve);
    link.addEventListener('error', resolve);
  });
  document.head.prepend(link);
  await loaded;
}
