export const map = {
  of: 'Karte von {{name}}',
  background: 'Hintergrundkarte von {{host}} zeigen',
  failed: 'Die Karte kann nicht gezeichnet werden.',
  foreign:
    'Die Koordinaten haben ein anderes Bezugssystem als Länge und Breite (WGS 84), deshalb werden sie nicht gezeichnet.',
  show: 'Auf der Karte zeigen',
  draw: 'Auf einer Karte zeichnen',
  box: 'Rechteck zeichnen',
  point: 'Punkt',
  line: 'Linie',
  polygon: 'Polygon',
  'needs-scripts': 'Die Karte braucht Skripte.',
};
