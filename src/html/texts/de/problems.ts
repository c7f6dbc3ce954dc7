export const problems = {
  title: 'Probleme und Abhilfe',
  note: 'Die Arten von Problemen, mit denen dieser Server antwortet, und die Ursachen, aus denen seine Jobs scheitern.',
  faults: 'Alle Fehler der Anfrage',
  where: 'Wo',
  what: 'Was falsch ist',
  body: '(der ganze Rumpf)',
  status: 'Status',
  type: 'Art',
  instance: 'Vorfall',
  todo: 'Was zu tun ist',
};
