// Puts what the scripts of pages load beside them in the built server: Leaflet and geotiff.js, licenses before them, and the outline of the land (Natural
// Earth, public domain) as GeoJSON. What they are made of is no dependency at run time.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { feature } from 'topojson-client';

const modules = new URL('../node_modules/', import.meta.url);
const target = new URL('../dist/html/browser/', import.meta.url);
const leaflet = new URL('leaflet/', modules);
mkdirSync(new URL('leaflet/images/', target), { recursive: true });
const license = readFileSync(new URL('LICENSE', leaflet), 'utf8').replaceAll('*/', '* /');
const script = readFileSync(new URL('dist/leaflet.js', leaflet), 'utf8').replace(
  /\n?\/\/# sourceMappingURL=.*\s*$/,
  '\n',
);
writeFileSync(new URL('leaflet/leaflet.js', target), `/*!\n${license}\n*/\n${script}`);
copyFileSync(new URL('dist/leaflet.css', leaflet), new URL('leaflet/leaflet.css', target));
for (const name of ['layers.png', 'layers-2x.png', 'marker-icon.png'])
  copyFileSync(new URL(`dist/images/${name}`, leaflet), new URL(`leaflet/images/${name}`, target));

const geotiff = new URL('geotiff/', modules);
mkdirSync(new URL('geotiff/', target), { recursive: true });
// It holds its dependencies, each with a license of its own.
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', geotiff), 'utf8'));
const licenses = ['geotiff', ...Object.keys(dependencies)].map((name) => {
  const folder = new URL(`${name}/`, modules);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const { license } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return `${name} (${license})\n${file ? readFileSync(new URL(file, folder), 'utf8') : ''}`;
});
const raster = readFileSync(new URL('dist-browser/geotiff.js', geotiff), 'utf8').replace(
  /\n?\/\/# sourceMappingURL=.*\s*$/,
  '\n',
);
writeFileSync(
  new URL('geotiff/geotiff.js', target),
  `/*!\n${licenses.join('\n').replaceAll('*/', '* /')}\n*/\n${raster}`,
);

const atlas = JSON.parse(readFileSync(new URL('world-atlas/land-110m.json', modules), 'utf8'));
/**
 * A ring as it is drawn on a flat map: what crosses the antimeridian goes on beyond 180°, instead of back across the map; what goes
 * around the pole is closed along the map's lower edge. Its middle stands on the map, wherever it was begun.
 */
function flat(ring) {
  let turns = 0;
  const points = ring.map(([east, north], at) => {
    const step = at === 0 ? 0 : east - ring[at - 1][0];
    if (Math.abs(step) > 180) turns -= Math.sign(step) * 360;
    return [east + turns, north];
  });
  const easts = points.map(([east]) => east);
  const worlds = Math.round((Math.min(...easts) + Math.max(...easts)) / 2 / 360);
  for (const point of points) point[0] -= worlds * 360;
  const [first, last] = [points[0], points.at(-1)];
  return Math.abs(first[0] - last[0]) > 180 ? [...points, [last[0], -90], [first[0], -90], first] : points;
}

const land = feature(atlas, atlas.objects.land);
for (const { geometry } of land.features ?? [land])
  geometry.coordinates = geometry.coordinates.map((polygon) => polygon.map(flat));
const rounded = (key, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
writeFileSync(new URL('land.json', target), JSON.stringify(land, rounded));
