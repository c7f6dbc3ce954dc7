const swc = ({ tsx }) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true, tsx },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        react: { runtime: 'automatic', importSource: 'preact' },
      },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    // In .tsx a generic arrow function would be read as an element, so only that is read so.
    '^.+\\.ts$': swc({ tsx: false }),
    '^.+\\.tsx$': swc({ tsx: true }),
  },
  ...extra,
});

/** @type {import('jest').Config} */
export default {
  projects: [
    project('unit', ['<rootDir>/{src,test/documents}/**/*.spec.{ts,tsx}', '<rootDir>/examples/**/*.spec.ts'], {
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    }),
    project('full', ['<rootDir>/test/full/**/*.full-spec.ts']),
    project('stores', ['<rootDir>/test/stores/**/*.stores-spec.ts']),
    project('soak', ['<rootDir>/test/soak/**/*.soak-spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.e2e-spec.ts'], {
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
      setupFilesAfterEnv: ['<rootDir>/test/support/new-connections.ts'],
    }),
  ],
  reporters: ['default', ['<rootDir>/test/support/closing-line.js', { name: 'tests' }]],
  testSequencer: '<rootDir>/test/support/longest-first.js',
  maxWorkers: '100%',
  // A bound for what hangs, not for what is slow: a machine may be busy, and pods take their time.
  testTimeout: 300_000,
};
