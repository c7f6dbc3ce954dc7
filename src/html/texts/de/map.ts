export const map = {
  of: 'Karte von {{name}}',
  background: 'Hintergrundkarte von {{host}} zeigen',
  failed: 'Die Karte kann nicht gezeichnet werden.',
  foreign:
    'Die Koordinaten haben ein anderes Bezugssystem als Länge und Breite (WGS 84), deshalb werden sie nicht gezeichnet.',
  show: 'Auf der Karte zeigen',
  'needs-scripts': 'Die Karte braucht Skripte.',
};
