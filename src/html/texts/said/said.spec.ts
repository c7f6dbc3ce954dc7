import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { en } from '../en/index.js';
import { textsIn } from '../texts.js';
import { access } from './de/access.js';
import { faults } from './de/faults.js';
import { jobs } from './de/jobs.js';
import { requests } from './de/requests.js';
import { inLanguage, languageOf, said, toBeSaid, translationIn } from './said.js';
import type { Shapes } from './shapes.js';

/** Where what pages show of the server's words is made. */
const MAKERS = [
  'src/access/**',
  'src/admission/**',
  'src/finalizer/**',
  'src/html/*.ts',
  'src/html/{browser/form,form,lists,notebook}/**',
  'src/http/**',
  'src/jobs/**',
  'src/json/json-faults.ts',
  'src/json/parse-json.ts',
  'src/ogc/**',
  'src/outbound/**',
  'src/processes/description/list-query.ts',
  'src/processes/processors/papermill-notebook/inputs/**',
  'src/processes/request/**',
  'src/processes/schema/**',
  'src/queues/queue-check.ts',
];
/** What is for programs, operators and developers only, or has texts of its own. */
const OTHERS =
  /\/testing\/|\.spec\.tsx?$|\.d\.ts$|\/(?:cause-types|problem-types|problem-mapper|problem\.dto|openapi[^/]*|redoc-page|docs-page|nonce-policy|signature-check|store-prober|form-styles|stylesheet|page-policy|document-policy|log-document|cut-log|turns|failure-log|finalizer\.service|session-seal|info|taken-texts|linear-pattern|schema-costs|doubts|provider-metadata|bounded-fetch|who|login|device-login|terminal-login|login-states|problem-types\.controller)\.tsx?$/;
/** Stands for a value. */
const PLACE = '\u00a7';
/** Names, code, and what nobody is shown. */
const OF_PROGRAMS: ReadonlySet<string> = new Set([
  ...Object.values(en.common.titles),
  'unknown address',
  'another token',
  `${PLACE} (with the token)`,
  // Of an error that no client sees: it is answered by the job.
  `Job "${PLACE}" has left the cluster.`,
  'public, max-age=31536000, immutable',
  'private, no-cache',
  'private, no-store',
  'nofollow noreferrer',
  'input:not([type=hidden]), select, textarea',
  'input, textarea, select',
  'input, select, textarea',
  'legend span, label span',
  ':scope > .checks input[type=radio]',
  ': the job goes on\n\n',
  `event: part\n${PLACE}`,
  'fetch input',
  'new RegExp',
  'false schema',
  'such value',
  // Within texts of logs and notebooks.
  '[the beginning of this log is missing: the node rotates logs, and only the newest part was left]\n',
  '[the beginning of this log may be missing: the node rotates logs, and nobody watched when it began]\n',
  `${PLACE} bytes of the log of container ${PLACE} of pod ${PLACE} are left out: ${PLACE}`,
  `${PLACE}\n… (${PLACE} more characters are not shown)`,
  // For the server's own log, and for its health.
  `${PLACE}: ${PLACE} is another's`,
  ' Nothing more is recorded of the job until they are put back or taken off.',
  'The log goes on faster than it is read.',
  'The validation was stopped.',
  `A link for others of job ${PLACE}`,
  'there is no cookie of it',
  'it is over',
  'the discovery document of the issuer has no introspection_endpoint',
  `${PLACE} answers ${PLACE} instead of telling of a token (is the client of access.oidc.introspection right?)`,
  `${PLACE} has no keys`,
  `Missing right in namespace ${PLACE}: list secrets (docs/notebooks.md).`,
  `"$ref": "${PLACE}" is not fetched: what it asks for is not checked`,
]);
/** Members of objects, and constants, that pages do not show, or translate by other means. */
const NOT_SHOWN = new Set([
  'MAY_READ',
  'LOG_FOLLOW',
  'title',
  'description',
  'summary',
  'meaning',
  'remedies',
  'content',
  'headers',
  'pattern',
]);
/** Calls of which nobody is told, or only the server's log, or whoever develops it. */
const UNTOLD =
  /^(?:this\.logger|logger|console)\.|^(?:optional|text|Api[A-Z]\w*|problemResponse|Symbol|RegExp|require|import|describe|URL)$/;
const DEVELOPERS = new Set(['Error', 'RegExp', 'URL', 'Set', 'TypeError', 'ProcessorFault', 'ConfigurationError']);

/** Words of which all that is left is code, or names. */
const WORDS = /\p{L}{2,}(?: |\u00a7 ?|, |: )\p{L}{2,}.*\p{L}{2,}/u;

/** A text of the source, its values as a sign; undefined: it is no text. */
function sampleOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => PLACE + literal.text).join('');
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [sampleOf(node.left), sampleOf(node.right)];
    return left === undefined && right === undefined ? undefined : (left ?? PLACE) + (right ?? PLACE);
  }
  return undefined;
}

/** What stands at the places of a text. */
function valuesIn(node: ts.Node): ts.Node[] {
  if (ts.isTemplateExpression(node)) return node.templateSpans.map(({ expression }) => expression);
  if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap(valuesIn);
  return ts.isStringLiteralLike(node) ? [] : [node];
}

function isUntold(node: ts.Node): boolean {
  if (ts.isDecorator(node) || ts.isImportDeclaration(node) || ts.isTypeNode(node)) return true;
  if (ts.isCallExpression(node)) return UNTOLD.test(node.expression.getText());
  if (ts.isNewExpression(node)) return DEVELOPERS.has(node.expression.getText());
  return (
    (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) &&
    NOT_SHOWN.has(node.name.getText().replaceAll("'", ''))
  );
}

/** All texts that a source may tell people. */
function textsOf(file: string): string[] {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, kind);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isUntold(node)) return;
    const sample = sampleOf(node);
    if (sample === undefined) return ts.forEachChild(node, visit);
    found.push(sample);
    // What stands at its places has texts, too.
    valuesIn(node).forEach(visit);
  };
  visit(source);
  return found;
}

const normal = (text: string) =>
  text
    .replace(/ \(is "?\u00a7"?\)$/, '')
    .replace(/\{\d[+!,#]?\}/g, PLACE)
    .replace(/\u00a7[\u00a7\s]*(?=\u00a7)/g, '');
const known = new Set(
  [access, jobs, requests, faults]
    .flatMap(({ sentences, parts }) => [...Object.keys(sentences), ...Object.keys(parts)])
    .map(normal),
);
const t = textsIn('de');
const german = translationIn('de');

describe('what the server says of jobs and requests', () => {
  const files = MAKERS.flatMap((pattern) => globSync(pattern)).filter(
    (file) => /\.tsx?$/.test(file) && !OTHERS.test(`/${file}`),
  );

  it('is known in German, all of it', () => {
    expect(files.length).toBeGreaterThan(100);
    const missing = files.flatMap((file) =>
      textsOf(file)
        .filter(
          (text) =>
            WORDS.test(text) &&
            !OF_PROGRAMS.has(text) &&
            !known.has(normal(text)) &&
            german?.ofPart(text) === undefined,
        )
        .map((text) => `${file}: ${text}`),
    );
    expect(missing).toEqual([]);
  });

  it('has the same places in both languages', () => {
    const places = (text: string) => [...new Set(text.match(/\{\d/g))].sort();
    const all = [access, jobs, requests, faults].flatMap(({ sentences, parts }): Shapes[] => [sentences, parts]);
    for (const [english, translated] of all.flatMap((shapes) => Object.entries(shapes)))
      if (!/gave no \{1\} for output/.test(english))
        expect([english, places(translated)]).toEqual([english, places(english)]);
  });

  it.each([
    ['The job is running.', 'Der Job läuft.'],
    [
      'The job was successful. Its log is not known to be whole. Not verified is that the file of output "a" arrived as sent: only the length is known to be right.',
      'Der Job war erfolgreich. Es ist nicht bekannt, ob sein Log ganz ist. Nicht geprüft ist, ob die Datei des Ergebnisses "a" so ankam, wie gesendet: Nur die Länge stimmt bekanntermaßen.',
    ],
    ['Container "main" ended with exit code 137 (killed).', 'Container „main“ endete mit Exit-Code 137 (abgebrochen).'],
    [
      'Attempt 1 of at most 2 has failed, and another follows: The pod was evicted from its node: low on memory',
      'Versuch 1 von höchstens 2 ist fehlgeschlagen, und ein weiterer folgt: Der Pod wurde von seinem Knoten genommen: low on memory',
    ],
    [
      'The job waits in queue "gpu" of the cluster: insufficient quota.',
      'Der Job wartet in der Warteschlange „gpu“ des Clusters: insufficient quota.',
    ],
    [
      'The job waits for its turn: 3 jobs of its process run, as many as may at once (max_running of process "a").',
      'Der Job wartet, bis er an der Reihe ist: 3 Jobs seines Prozesses laufen, so viele, wie zugleich dürfen (max_running des Prozesses „a“).',
    ],
    [
      'Image "x" of container "main" cannot be pulled: ErrImagePull: no such. It did not start within 5 seconds.',
      'Image „x“ von Container „main“ lässt sich nicht laden: ErrImagePull: no such. Er begann nicht innerhalb von 5 Sekunden.',
    ],
    ['must be a number (is "x")', 'muss eine Zahl sein (ist "x")'],
    ['must be a string or null (is 5)', 'muss ein Text oder null sein (ist 5)'],
    ['must be at most 5 (is 6)', 'darf höchstens 5 sein (ist 6)'],
    ['must have at least 1 value (has 0)', 'muss mindestens 1 Wert haben (hat 0)'],
    ['must be "a" or "b" (is "c")', 'muss "a" oder "b" sein (ist "c")'],
    ['must be an integer from 1 to 9 (is "x")', 'muss eine ganze Zahl von 1 bis 9 sein (ist "x")'],
    [
      'The body is no JSON. Expected a comma or } at line 1, column 2, and found "x".',
      'Der Rumpf ist kein JSON. Erwartet war in Zeile 1, Spalte 2: ein Komma oder }; gefunden: "x".',
    ],
    [
      'Process "a" asks for a token: send it as "Authorization: Bearer TOKEN", or as the input "token" of an execute request.',
      'Prozess „a“ verlangt ein Token: Senden Sie es als „Authorization: Bearer TOKEN“, oder als Eingabe „token“ der Ausführung.',
    ],
  ])('is said in the language of the reader: %s', (english, translated) => {
    expect([said(t, english), languageOf(t, english)]).toEqual([translated, undefined]);
    expect([said(textsIn('en'), english), languageOf(textsIn('en'), english)]).toEqual([english, undefined]);
  });

  it.each([
    'Step 3 of 7: the job was successful so far',
    'must be red',
    'an object',
    'Error',
    'x with 5 values',
    'The job waits for my cat.',
    'a or b and c',
  ])('is not what others have said: %s', (text) => {
    expect([said(t, text), languageOf(t, text)]).toEqual([text, 'en']);
  });

  it('is brought into a language in HTML that is made once, and stays what it is there', () => {
    const html = `<p title="${toBeSaid('Cell 3')}">${toBeSaid('“a &lt;b&gt;” (an interactive figure, plotly)')}</p>`;
    expect(inLanguage(t, html)).toBe('<p title="Zelle 3">“a &lt;b&gt;” (eine interaktive Abbildung, plotly)</p>');
    expect(inLanguage(textsIn('en'), html)).toBe('<p title="Cell 3">“a &lt;b&gt;” (an interactive figure, plotly)</p>');
  });

  it('takes a time that grows as the text does', () => {
    const long = 'The job was put aside '.repeat(50_000);
    expect(said(t, long)).toBe(long);
  });
});
