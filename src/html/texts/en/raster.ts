export const raster = {
  show: 'Show the picture and what its header says',
  failed: 'The picture cannot be shown.',
  size: 'Pixels',
  bands: 'Bands',
  system: 'Reference system',
  extent: 'Extent',
  resolution: 'Resolution',
  overviews: 'Overviews',
  tooLarge: 'The picture has no overview that is small enough to be shown.',
};
