import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

/**
 * The one-way imports of docs/architecture.md: a folder under `src`, and what it may import from beside itself: folders, or single files. Where a folder is divided into rooms
 * (`jobs/model`), a rule of the whole folder holds for the files that stand directly in it, which wire the rooms.
 */
const mayImport = {
  config: [],
  observation: [],
  logging: ['config'],
  tracing: [],
  ogc: ['config'],
  'embedded-cluster/objects': [],
  'embedded-cluster/controllers': ['embedded-cluster/objects'],
  'embedded-cluster/node': ['embedded-cluster/objects'],
  'embedded-cluster/api': ['embedded-cluster/objects', 'embedded-cluster/node'],
  'embedded-cluster': [],
  'k8s/time': [],
  'k8s/connection': ['config', 'embedded-cluster'],
  'k8s/client': ['k8s/connection', 'k8s/names.ts', 'k8s/time', 'observation', 'tracing'],
  'k8s/informers': ['k8s/client', 'k8s/time'],
  'k8s/leadership': ['k8s/client', 'k8s/time', 'logging'],
  'k8s/queues': ['k8s/client', 'k8s/leadership', 'k8s/time', 'logging', 'observation'],
  k8s: ['config', 'logging', 'embedded-cluster', 'observation', 'tracing'],
  'object-store': ['config', 'observation', 'tracing'],
  outbound: [],
  'security-context': ['config'],
  'processes/schema': ['ogc'],
  'processes/description': ['config', 'ogc', 'processes/processor.ts', 'processes/schema'],
  'processes/request': ['config', 'ogc', 'processes/description', 'processes/schema'],
  'processes/registry': [
    'config',
    'ogc',
    'processes/processor.ts',
    'processes/schema',
    'processes/description',
    'processes/request',
  ],
  'processes/api-definition': [
    'config',
    'ogc',
    'processes/schema',
    'processes/description',
    'processes/request',
    'processes/registry',
  ],
  'processes/processors': [
    'config',
    'ogc',
    'processes/processor.ts',
    'processes/schema',
    'processes/description',
    'processes/registry',
  ],
  processes: ['config', 'ogc'],
  access: ['config', 'ogc', 'processes'],
  'jobs/model': ['config', 'logging', 'ogc', 'k8s', 'processes', 'tracing'],
  'jobs/results': ['access', 'config', 'ogc', 'k8s', 'object-store', 'processes', 'jobs/model'],
  'jobs/logs': ['access', 'config', 'ogc', 'k8s', 'object-store', 'processes', 'jobs/model'],
  'jobs/listing': ['access', 'config', 'ogc', 'k8s', 'processes', 'jobs/model', 'jobs/results', 'jobs/logs'],
  'jobs/execution': [
    'access',
    'config',
    'logging',
    'ogc',
    'k8s',
    'outbound',
    'processes',
    'security-context',
    'observation',
    'tracing',
    'jobs/model',
    'jobs/results',
    'jobs/logs',
    'jobs/listing',
  ],
  jobs: [
    'access',
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
  transfer: [
    'config',
    'ogc',
    'k8s',
    'object-store',
    'processes',
    'jobs/jobs.module.ts',
    'jobs/model',
    'jobs/results',
    'jobs/execution/job-transfers.ts',
  ],
  finalizer: [
    'config',
    'logging',
    'k8s',
    'object-store',
    'health',
    'observation',
    'tracing',
    'jobs/jobs.module.ts',
    'jobs/model',
    'jobs/results',
    'jobs/logs/log-document.ts',
    'jobs/execution/job-transfers.ts',
  ],
  inspections: [
    'config',
    'k8s',
    'health',
    'processes',
    'security-context',
    'jobs/jobs.module.ts',
    'jobs/model',
    'jobs/results',
  ],
  visualisations: ['config', 'ogc', 'k8s', 'security-context'],
  html: [
    'access',
    'config',
    'ogc',
    'processes',
    'visualisations',
    'jobs/jobs.module.ts',
    'jobs/model',
    'jobs/results',
    'jobs/listing',
    'jobs/execution/execution.service.ts',
  ],
  subscribers: [
    'config',
    'ogc',
    'k8s',
    'outbound',
    'processes',
    'observation',
    'tracing',
    'jobs/jobs.module.ts',
    'jobs/model',
    'jobs/results',
    'jobs/listing/status-info.ts',
  ],
  health: ['config', 'k8s', 'object-store', 'security-context'],
  metrics: ['config', 'ogc', 'k8s', 'health', 'observation', 'jobs/jobs.module.ts', 'jobs/model'],
  http: ['config', 'ogc', 'k8s', 'object-store', 'processes', 'security-context'],
  commands: ['config', 'k8s', 'jobs/model'],
};

const zone = (folder, allowed) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...allowed].map((name) => `./${name}`),
  message: `src/${folder} may import ${allowed.map((name) => `src/${name}`).join(', ') || 'no other module'}.`,
});
const zones = Object.entries(mayImport).map(([folder, allowed]) => zone(folder, allowed));

/** Specs, and what they stand on, see whole modules: a room's are set up with what other rooms make. */
const moduleOf = (name) => name.split('/')[0];
const specsAlso = { commands: ['finalizer'] };
const modules = [...new Set(Object.keys(mayImport).map(moduleOf))];
const specZones = modules.map((module) => {
  const rooms = Object.entries(mayImport).filter(([folder]) => moduleOf(folder) === module);
  const allowed = new Set([...rooms.flatMap(([, names]) => names.map(moduleOf)), ...(specsAlso[module] ?? [])]);
  return zone(
    module,
    [...allowed].filter((name) => name !== module),
  );
});

const SPECS = ['src/**/*.spec.{ts,tsx}', 'src/**/testing/**'];

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
  { files: SPECS, rules: { 'import-x/no-restricted-paths': ['error', { zones: specZones }] } },
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
