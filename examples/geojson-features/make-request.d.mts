import type { FeatureCollection } from 'geojson';

/** West, south, east, north, in degrees. */
export const southAmerica: readonly number[];

/** See make-request.mjs. */
export function makeRequest(options?: { bbox?: readonly number[]; precision?: number }): {
  inputs: { features: FeatureCollection; precision: number };
};
