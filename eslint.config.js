import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

/** The one-way imports of docs/architecture.md: a module's folder, and the folders it may import from. */
const mayImport = {
  config: [],
  observation: [],
  logging: ['config'],
  tracing: [],
  ogc: ['config'],
  'embedded-cluster': [],
  k8s: ['config', 'logging', 'embedded-cluster', 'observation', 'tracing'],
  'object-store': ['config', 'observation', 'tracing'],
  outbound: [],
  'security-context': ['config'],
  processes: ['config', 'ogc'],
  jobs: [
    'config',
    'logging',
    'ogc',
    'k8s',
    'object-store',
    'outbound',
    'processes',
    'security-context',
    'observation',
    'tracing',
  ],
  transfer: ['config', 'ogc', 'k8s', 'object-store', 'jobs', 'processes'],
  finalizer: ['config', 'logging', 'k8s', 'object-store', 'jobs', 'health', 'observation', 'tracing'],
  inspections: ['config', 'k8s', 'jobs', 'health', 'processes', 'security-context'],
  visualisations: ['config', 'ogc', 'k8s', 'security-context'],
  html: ['config', 'ogc', 'processes', 'jobs', 'visualisations'],
  subscribers: ['config', 'ogc', 'k8s', 'jobs', 'outbound', 'processes', 'observation', 'tracing'],
  health: ['config', 'k8s', 'object-store', 'security-context'],
  metrics: ['config', 'ogc', 'k8s', 'jobs', 'health', 'observation'],
};

const folders = Object.keys(mayImport);
const zones = folders.map((folder) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...mayImport[folder]].map((allowed) => `./${allowed}`),
  message: `src/${folder} may import ${mayImport[folder].map((name) => `src/${name}`).join(', ') || 'no other module'}.`,
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '.data/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@kubernetes/client-node',
              message: 'Only src/k8s/ uses the client library; its types may be imported everywhere.',
              allowTypeImports: true,
            },
          ],
          patterns: [
            { group: ['@kubernetes/client-node/*'], message: 'Import the package itself.' },
            {
              regex: '^@opentelemetry/(?!api$)',
              message: 'Only src/tracing/ uses more of OpenTelemetry than its API.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/k8s/**/*.ts', 'src/tracing/**/*.ts'], rules: { '@typescript-eslint/no-restricted-imports': 'off' } },
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
);
