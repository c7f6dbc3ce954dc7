export const layout = {
  skip: 'Zum Inhalt',
  main: 'Hauptmenü',
  processes: 'Prozesse',
  jobs: 'Jobs',
  docs: 'API-Dokumentation',
  conformance: 'Konformität',
  problems: 'Probleme und Abhilfe',
  language: 'Sprache',
};
