export const problems = {
  title: 'Problems and remedies',
  note: 'The types of problems that this server answers, and the causes for which its jobs fail.',
  faults: 'Every fault of the request',
  where: 'Where',
  what: 'What is wrong',
  body: '(the whole body)',
  status: 'Status',
  type: 'Type',
  instance: 'Instance',
  todo: 'What to do',
};
