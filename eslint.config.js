import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { mayImport } from './import-rules.js';

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
