const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  ...extra,
});

/** @type {import('jest').Config} */
export default {
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts', '<rootDir>/examples/**/*.spec.ts'], {
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    }),
    project('full', ['<rootDir>/test/full/**/*.full-spec.ts']),
    project('soak', ['<rootDir>/test/soak/**/*.soak-spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.e2e-spec.ts'], { testPathIgnorePatterns: ['/node_modules/', '/dist/'] }),
  ],
  reporters: ['default', ['<rootDir>/test/support/closing-line.js', { name: 'tests' }]],
  testTimeout: 30_000,
};
