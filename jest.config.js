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

const moduleNameMapper = {
  // As the server loads it (src/libraries): the kubeconfig of the Kubernetes client without the clients of all API groups. Only that package has
  // a module so named.
  '^\\./gen/index\\.js$': '<rootDir>/src/k8s/connection/library-parts.ts',
  '^@kubernetes/client-node$': '<rootDir>/test/support/kubernetes-client.js',
  '^(\\.{1,2}/.*)\\.js$': '$1',
};

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  testEnvironment: '<rootDir>/test/support/environment.js',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  setupFiles: ['reflect-metadata'],
  moduleNameMapper,
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
