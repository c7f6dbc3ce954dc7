import type * as Leaflet from 'leaflet';

// The build puts Leaflet's own file here; as a module it sets `L`.
declare global {
  const L: typeof Leaflet;
}
