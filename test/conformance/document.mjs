// Makes docs/conformance.md of the names of the end-to-end tests: `npm run conformance-docs`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const project = join(import.meta.dirname, '../..');
const suites = 'test/e2e';
export const documentPath = join(project, 'docs/conformance.md');

/** By class: `{name, conf, requirements}`. */
export const classes = parse(readFileSync(join(import.meta.dirname, 'requirements.yaml'), 'utf8'));

/** Every test whose name begins with the id of a requirement: `{id, says, file}`. */
export function conformanceTests() {
  const files = readdirSync(join(project, suites)).filter((file) => file.endsWith('.e2e-spec.ts'));
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(project, suites, file), 'utf8');
    const names = [...text.matchAll(/\bit\(\s*(['"`])(\/req\/\S+?): ((?:(?!\1).)+)\1/g)];
    return names.map(([, , id, says]) => ({ id, says, file: `${suites}/${file}` }));
  });
}

export function conformanceDocument() {
  const tests = conformanceTests();
  const rows = (id) =>
    tests
      .filter((test) => test.id === id)
      .map(
        ({ says, file }) => `| \`${id}\` | ${says.replaceAll('|', '\\|')} | [${file.split('/').at(-1)}](../${file}) |`,
      );
  const sections = classes.map(
    ({ name, conf, requirements }) => `## ${name}

\`http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/${conf}\`

| requirement | what its test holds | suite |
| --- | --- | --- |
${requirements.flatMap(rows).join('\n')}
`,
  );
  return `# Conformance

The requirements of OGC API - Processes - Part 1: Core, 1.0 (OGC 18-062r2), each with the test that holds it. Every test runs on the embedded cluster and on a
real one. \`/conformance\` declares the classes from what is wired; a test compares it with this list.

Made of the names of the tests by \`npm run conformance-docs\`; do not edit it.

${sections.join('\n')}`;
}

if (process.argv[1] === import.meta.filename) {
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(
    documentPath,
    await format(conformanceDocument(), { ...(await resolveConfig(documentPath)), parser: 'markdown' }),
  );
}
