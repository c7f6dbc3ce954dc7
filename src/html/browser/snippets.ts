// Shared by server and browser: no DOM, no Node.

/** What a request to a process is, for programs. */
export interface ProgramRequest {
  /** The API's address, without a slash at its end. */
  readonly base: string;
  readonly processId: string;
  /** The execute request, without secrets. */
  readonly request: Readonly<Record<string, unknown>>;
  /** How the answer is wanted; undefined: as the process prefers. */
  readonly mode?: 'sync' | 'async';
  /** Whether the process is asked with a token, of the variable `TOKEN`. */
  readonly needsToken: boolean;
}

export const SNIPPETS = ['json', 'curl', 'python', 'owslib', 'javascript'] as const;

export type SnippetKind = (typeof SNIPPETS)[number];

/** How programs would execute a process. */
export function snippets({ base, processId, request, mode, needsToken }: ProgramRequest): Record<SnippetKind, string> {
  const json = JSON.stringify(request, undefined, 2);
  const url = `${base}/processes/${encodeURIComponent(processId)}/execution`;
  const prefers = mode === 'async' ? 'respond-async' : undefined;
  return {
    json,
    curl: [
      `curl -X POST ${shellText(url)}`,
      `-H 'Content-Type: application/json'`,
      ...(prefers ? [`-H 'Prefer: ${prefers}'`] : []),
      ...(needsToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
      `--data-binary ${shellText(json)}`,
    ].join(' \\\n  '),
    python: python(url, json, prefers, needsToken),
    owslib: owslib(base, processId, request, mode, needsToken),
    javascript: javascript(url, json, prefers, needsToken),
  };
}

function shellText(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

function python(url: string, json: string, prefers: string | undefined, needsToken: boolean): string {
  const headers = [
    ...(prefers ? [`"Prefer": "${prefers}"`] : []),
    ...(needsToken ? ['"Authorization": f"Bearer {os.environ[\'TOKEN\']}"'] : []),
  ];
  return [
    ...(needsToken ? ['import os', ''] : []),
    'import requests',
    '',
    `request = ${pythonLiteral(json)}`,
    'response = requests.post(',
    `    ${JSON.stringify(url)},`,
    '    json=request,',
    ...(headers.length > 0 ? [`    headers={${headers.join(', ')}},`] : []),
    ')',
    'response.raise_for_status()',
    ...(prefers ? ['print(response.headers["Location"])'] : ['print(response.text)']),
  ].join('\n');
}

function owslib(
  base: string,
  processId: string,
  { inputs = {}, outputs, response }: Readonly<Record<string, unknown>>,
  mode: ProgramRequest['mode'],
  needsToken: boolean,
): string {
  const literal = (value: unknown) => pythonLiteral(JSON.stringify(value, undefined, 2));
  const headers = `, headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}`;
  return [
    ...(needsToken ? ['import os', ''] : []),
    'from owslib.ogcapi.processes import Processes',
    '',
    `processes = Processes(${JSON.stringify(base)}${needsToken ? headers : ''})`,
    'answer = processes.execute(',
    `    ${pythonLiteral(JSON.stringify(processId))},`,
    `    inputs=${literal(inputs)},`,
    ...(outputs === undefined ? [] : [`    outputs=${literal(outputs)},`]),
    ...(typeof response === 'string' ? [`    response=${JSON.stringify(response)},`] : []),
    ...(mode === 'async' ? ['    async_=True,'] : []),
    ')',
    'print(answer)',
  ].join('\n');
}

function javascript(url: string, json: string, prefers: string | undefined, needsToken: boolean): string {
  const headers = [
    `'Content-Type': 'application/json'`,
    ...(prefers ? [`Prefer: '${prefers}'`] : []),
    ...(needsToken ? ['Authorization: `Bearer ${process.env.TOKEN}`'] : []),
  ];
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: 'POST',`,
    `  headers: { ${headers.join(', ')} },`,
    `  body: ${isPlain(json) ? `JSON.stringify(${json.replace(/\n/g, '\n  ')})` : JSON.stringify(json)},`,
    '});',
    'if (!response.ok) throw new Error(await response.text());',
    ...(prefers ? [`console.log(response.headers.get('Location'));`] : ['console.log(await response.text());']),
  ].join('\n');
}

/** Whether JavaScript says the same with these letters: not where digits would be lost, or a prototype set. */
function isPlain(json: string): boolean {
  return JSON.stringify(JSON.parse(json), undefined, 2) === json && !json.includes('"__proto__"');
}

/** Texts of JSON are texts of Python, numbers are numbers. */
function pythonLiteral(json: string): string {
  const words: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };
  return json
    .replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (found) => words[found] ?? found)
    .replace(/\n/g, '\n    ');
}
