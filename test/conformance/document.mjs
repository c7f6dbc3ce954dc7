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

${sections.join('\n')}
${complianceSuite}`;
}

const complianceSuite = `## OGC's compliance suite

\`ets-ogcapi-processes10\` (54 tests) builds its requests of the description of one process, an echo process, in its own way.
\`config/cite.yaml\` has that process, \`cite-echo\`, and \`server.cite_compatibility\`, under which synchronous answers carry a
\`Link\` header that the suite can read and nobody else: it looks for \`rel=monitor\` without quotes and asks the address with its
angle brackets. Use that configuration for a run of the suite alone; the server warns of it when it starts.

\`\`\`sh
PYGEOAPI_CONFIG=config/cite.yaml npm start -- --cluster embedded --host 127.0.0.1 --port 5000

# Elsewhere, with Java 17 and Maven 3.9:
git clone --branch 1.3 https://github.com/opengeospatial/ets-ogcapi-processes10
cd ets-ogcapi-processes10
mvn -DskipTests package
cat >run.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<properties version="1.0">
  <entry key="iut">http://127.0.0.1:5000</entry>
  <entry key="echoprocessid">cite-echo</entry>
  <entry key="processtestlimit">5</entry>
</properties>
END
# The jar lacks the suite's image, which it reads as a file.
java -cp target/ets-ogcapi-processes10-1.3-aio.jar:src/main/resources org.opengis.cite.ogcapiprocesses10.TestNGController -o results run.xml
\`\`\`

It fetches OGC's schemas, and gives the address of an image that the server and the job fetch, so that all three need the way to
them. Version 1.3, with these addresses replaced by copies on the same machine: **54 passed, 0 failed, 0 skipped**. In a TeamEngine
the same two values are asked for by a form.

What the suite asks is written down in \`test/conformance/suite-checks.ts\`, which [cite.e2e-spec.ts](../test/e2e/cite.e2e-spec.ts)
runs against the same configuration.
`;

if (process.argv[1] === import.meta.filename) {
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(
    documentPath,
    await format(conformanceDocument(), { ...(await resolveConfig(documentPath)), parser: 'markdown' }),
  );
}
