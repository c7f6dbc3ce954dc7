export const signIn = {
  title: 'Anmelden',
  token: 'Token',
  hint: 'Wird nur einmal verlangt: Die Anmeldung gilt einige Stunden, bis zum Abmelden oder bis der Browser geschlossen wird.',
  submit: 'Anmelden',
  signOut: 'Abmelden',
  signedInAs: 'Angemeldet als {{name}}',
  missing: 'Das Token fehlt.',
  wrong: 'Das Token stimmt nicht.',
  seeStatus: 'Anmelden, um Meldung und Ergebnisse zu sehen',
  seeLog: 'Anmelden, um das Log zu sehen',
  seeMessages: 'Anmelden, um Meldungen und Ergebnisse aller Jobs zu sehen',
  toBeKnown: 'Anmelden, um bekannt zu sein',
  execute: 'Anmelden, um ihn auszuführen',
  heldBack: 'Eine andere Seite hat hierher geführt, deshalb zählt eine bestehende Anmeldung noch nicht.',
  goOn: 'Mit der Anmeldung fortfahren',
  with: 'Anmelden mit {{title}}',
  leadsOn: 'Es geht gleich weiter',
  go: 'Weiter, falls das nicht von selbst geschieht',
  oidc: {
    refused:
      '{{title}} hat die Anmeldung nicht zugelassen, oder sie wurde abgebrochen. Es hat sich nichts geändert; ein neuer Versuch ist möglich.',
    unknown:
      'Diese Anmeldung wurde nicht in diesem Browser begonnen, ist schon zu Ende oder hat länger als zehn Minuten gedauert. Bitte neu beginnen.',
    away: '{{title}} antwortet gerade nicht. Bitte später noch einmal versuchen.',
    failed:
      'Die Antwort von {{title}} ließ sich nicht verwenden. Bitte noch einmal versuchen; hilft das nicht, weiß das Log des Servers, warum.',
  },
};
