// Makes docs/conformance.md of the names of the end-to-end tests: `npm run conformance-docs`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const project = join(import.meta.dirname, '../..');
const suites = 'test/e2e';
export const documentPath = join(project, 'docs/conformance.md');

const readClasses = (file) => parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

/** By class: `{name, conf, requirements}`. */
export const classes = readClasses('requirements.yaml');

/** Likewise of version 2.0; a class that is only declared where its key is on has `key`. */
export const draftClasses = readClasses('requirements-2.0.yaml');

/** Every test whose name begins with the id of a requirement, or with `2.0 ` before it: `{id, version, says, file}`. */
export function conformanceTests() {
  const files = readdirSync(join(project, suites)).filter((file) => file.endsWith('.e2e-spec.ts'));
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(project, suites, file), 'utf8');
    const names = [...text.matchAll(/\bit\(\s*(['"`])(2\.0 )?(\/req\/\S+?): ((?:(?!\1).)+)\1/g)];
    return names.map(([, , draft, id, says]) => ({
      id,
      version: draft ? '2.0' : '1.0',
      says,
      file: `${suites}/${file}`,
    }));
  });
}

function sections(version, ofVersion, heading) {
  const tests = conformanceTests().filter((test) => test.version === version);
  const rows = (id) =>
    tests
      .filter((test) => test.id === id)
      .map(
        ({ says, file }) => `| \`${id}\` | ${says.replaceAll('|', '\\|')} | [${file.split('/').at(-1)}](../${file}) |`,
      );
  return ofVersion
    .map(
      ({ name, conf, key, requirements }) => `${heading} ${name}

\`http://www.opengis.net/spec/ogcapi-processes-1/${version}/conf/${conf}\`${key ? `, where \`${key}\` is on` : ''}
${
  requirements.length === 0
    ? ''
    : `
| requirement | what its test holds | suite |
| --- | --- | --- |
${requirements.flatMap(rows).join('\n')}
`
}`,
    )
    .join('\n');
}

export function conformanceDocument() {
  return `# Conformance

The requirements of OGC API - Processes - Part 1: Core, 1.0 (OGC 18-062r2), each with the test that holds it. Every test runs on the embedded cluster and on a
real one. \`/conformance\` declares the classes from what is wired; a test compares it with this list.

Made of the names of the tests by \`npm run conformance-docs\`; do not edit it.

${sections('1.0', classes, '##')}
${complianceSuite}
## Version 2.0 (draft)

Of OGC 18-062r3, as its repository has it, the classes below are declared beside those of 1.0. The tables have the requirements that are new
or read otherwise than in 1.0; all others are those above. Where the two versions contradict each other, a request gets the answer of 2.0
if it names one of that version's profiles (in \`Accept\`, \`Accept-Profile\`, \`Prefer\` or \`Link\`): what \`"outputs": {}\` means, and that
several outputs are a document. Results of a failed job stay the problem that made it fail.

${sections('2.0', draftClasses, '###')}
## Part 4: Job Management (draft)

Of OGC 24-051 the class \`http://www.opengis.net/spec/ogcapi-processes-4/1.0/conf/provenance\` is declared: \`/jobs/{jobId}/prov\` and
\`/jobs/{jobId}/inputs\` ([provenance](usage.md#where-results-come-from)), held by [provenance.e2e-spec.ts](../test/e2e/provenance.e2e-spec.ts).
`;
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
