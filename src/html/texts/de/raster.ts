export const raster = {
  show: 'Bild und Kopfdaten zeigen',
  failed: 'Das Bild kann nicht gezeigt werden.',
  size: 'Pixel',
  bands: 'Kanäle',
  system: 'Bezugssystem',
  extent: 'Ausdehnung',
  resolution: 'Auflösung',
  overviews: 'Übersichten',
  tooLarge: 'Das Bild hat keine Übersicht, die klein genug ist, um gezeigt zu werden.',
};
