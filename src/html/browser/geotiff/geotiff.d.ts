import type * as Library from 'geotiff';

// The build puts the file of geotiff.js here; as a module it sets `GeoTIFF`.
declare global {
  const GeoTIFF: typeof Library;
}
