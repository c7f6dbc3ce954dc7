export const layout = {
  skip: 'Skip to the content',
  main: 'Main',
  processes: 'Processes',
  jobs: 'Jobs',
  docs: 'API documentation',
  conformance: 'Conformance',
  problems: 'Problems and remedies',
  language: 'Language',
};
