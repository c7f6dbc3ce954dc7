import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '../../json/parse-json.js';
import { SNIPPETS, snippets, type ProgramRequest } from '../browser/snippets.js';

const odd =
  '{"inputs":{"a":"\'\\"\\\\$(id)`id`\\n\\u0000\\ud800é{x}",' +
  '"true":[true,false,null,"null"],"n":[12345678901234567890,1.0,-0],"__proto__":{}}}';
const programs: readonly [string, ProgramRequest][] = [
  ['nothing', { base: 'https://a', processId: 'p', request: { inputs: {} }, needsToken: false }],
  [
    'odd texts and numbers',
    {
      base: 'https://a/b',
      processId: 'é "\'`$x',
      request: parseJson(odd) as ProgramRequest['request'],
      mode: 'async',
      needsToken: true,
    },
  ],
  [
    'outputs',
    {
      base: 'https://a',
      processId: 'p',
      request: { inputs: {}, outputs: { a: {} }, response: 'raw' },
      mode: 'sync',
      needsToken: true,
    },
  ],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'snippets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(programs)('the request for programs, with %s', (_, program) => {
  const texts = snippets(program);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it.each(['python', 'owslib'] as const)('is a program in Python: %s', (kind) => {
    execFileSync('python3', ['-m', 'py_compile', file('program.py', texts[kind])]);
  });

  it('says the same request in Python', () => {
    const [literal = ''] = /(?<=^request = ).*?(?=\nresponse = )/ms.exec(texts.python) ?? [];
    const program = file('literal.py', `import json\nrequest = ${literal}\nprint(json.dumps(request))`);
    const said = execFileSync('python3', [program], { encoding: 'utf8' });
    expect(JSON.stringify(JSON.parse(said))).toBe(JSON.stringify(JSON.parse(texts.json)));
  });

  it('is a program in JavaScript, which says the same request', () => {
    execFileSync(process.execPath, ['--check', file('program.mjs', texts.javascript)]);
    const [body = ''] = /(?<=^ {2}body: ).*(?=,\n\}\);$)/ms.exec(texts.javascript) ?? [];
    const said = execFileSync(process.execPath, ['-p', body], { encoding: 'utf8' });
    expect(JSON.stringify(JSON.parse(said))).toBe(JSON.stringify(JSON.parse(texts.json)));
  });

  it('is one command of a shell', () => {
    const command = texts.curl.replace(/^curl /, "printf '%s\\0' ");
    const said = execFileSync('sh', ['-c', command], { encoding: 'utf8', env: { ...process.env, TOKEN: 'x' } }).split(
      '\0',
    );
    expect(said.at(-2)).toBe(texts.json);
    expect(said.includes('Authorization: Bearer x')).toBe(program.needsToken);
  });
});

it('there is one of each kind', () => {
  expect(Object.keys(snippets(programs[0]?.[1] as ProgramRequest))).toEqual([...SNIPPETS]);
});
