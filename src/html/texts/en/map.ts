export const map = {
  of: 'Map of {{name}}',
  background: 'Show background map from {{host}}',
  failed: 'The map cannot be drawn.',
  foreign:
    'The coordinates are of another reference system than longitude and latitude (WGS 84), so they are not drawn.',
  show: 'Show on the map',
  draw: 'Draw on a map',
  box: 'Draw a box',
  point: 'Point',
  line: 'Line',
  polygon: 'Polygon',
  'needs-scripts': 'The map needs scripts.',
};
