import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotebookRunner, withoutPython } from './testing/notebook-runner.js';
import { realPapermill, withoutPapermill, withoutR } from './testing/real-papermill.js';
import { isSlow } from '../../../../../test/support/slow-tests.js';

const FIXTURES = 'test/fixtures/papermill/failures';

interface Case {
  /** Of a notebook in the fixtures. */
  readonly name: string;
  /** The last line of the log. */
  readonly says: RegExp;
  /** In the place of it where papermill runs here: the runner lets it say more. */
  readonly saysForReal?: RegExp;
  readonly args?: readonly string[];
}

const dead = 'its kernel died:';
const allowed = String.raw`\(Papermill fails a notebook for this at its end, though the cell is tagged raises-exception\.\)`;
const died = String.raw`nbclient\.exceptions\.DeadKernelError: Kernel died`;

const cases: readonly Case[] = [
  { name: 'unknown-magic', says: /^Cell 3 of 4 failed: UsageError: Line magic function `%no_such_magic` not found\.$/ },
  { name: 'syntax-error', says: /^Cell 2 of 3 failed: SyntaxError: invalid syntax \(\d+\.py, line 1\)$/ },
  {
    name: 'killed',
    says: new RegExp(`^Cell 2 of 4 failed: ${dead} ${died}$`),
    saysForReal: new RegExp(`^Cell 2 of 4 failed: ${dead} it was ended by SIGKILL$`),
  },
  {
    name: 'exited',
    says: new RegExp(`^Cell 2 of 2 failed: ${dead} ${died}$`),
    saysForReal: new RegExp(`^Cell 2 of 2 failed: ${dead} it ended with exit code 3$`),
  },
  {
    name: 'given-parameters',
    says: /^The cell of the given parameters failed: SyntaxError: cannot assign to expression/,
    args: ['-y', '{no-name: 1}'],
  },
  { name: 'allowed-then-error', says: /^Cell 4 of 5 failed: ValueError: real$/ },
  {
    name: 'allowed-then-magic',
    says: /^Cell 4 of 5 failed: UsageError: Line magic function `%no_such_magic` not found/,
  },
  { name: 'allowed-only', says: new RegExp(`^Cell 2 of 3 failed: ZeroDivisionError: division by zero ${allowed}$`) },
  { name: 'bash-false', says: /^Cell 2 of 4 failed: exit code 1$/ },
  { name: 'bash-ls', says: /^Cell 2 of 3 failed: exit code 2: ls: cannot access '\/no\/such'/ },
  { name: 'no-kernel', says: /^Papermill failed before the first cell: .*NoSuchKernel: No such kernel named fortran$/ },
];

const casesOfR: readonly Case[] = [
  { name: 'r-stop', says: /^Cell 2 of 3 failed: ERROR: Error in .*: no such thing$/ },
  {
    name: 'r-killed',
    says: new RegExp(`^Cell 2 of 3 failed: ${dead} ${died}; it said last: the last words$`),
    saysForReal: new RegExp(`^Cell 2 of 3 failed: ${dead} it was ended by SIGKILL; it said last: the last words$`),
  },
];

interface Executed {
  readonly exitCode: number;
  readonly stderr: string;
  readonly notebook: object;
}

let runner: NotebookRunner;
beforeEach(() => {
  runner = new NotebookRunner();
});
afterEach(() => runner.remove());

const notebookOf = (name: string) => readFileSync(join(FIXTURES, 'notebooks', `${name}.ipynb`), 'utf8');
const suite = (why: string | undefined) => (why === undefined ? describe : describe.skip);
const because = (why: string | undefined) => (why === undefined ? '' : ` (skipped: ${why})`);

suite(withoutPython)(`what papermill 2.7 left of notebooks that failed${because(withoutPython)}`, () => {
  it.each([...cases, ...casesOfR])('names cell and reason: $name', async ({ name, says }) => {
    const text = readFileSync(join(FIXTURES, 'executed', `${name}.json`), 'utf8');
    const { exitCode, stderr, notebook } = JSON.parse(text) as Executed;
    const said = runner.file('said', stderr);
    const executed = runner.file('executed', JSON.stringify(notebook));
    runner.standIn(`cp ${executed} "$2"; cat ${said} >&2; exit ${exitCode}`);
    const { code, lastLine } = await runner.run({ notebook: notebookOf(name) });
    expect(lastLine).toMatch(says);
    expect(code).toBe(exitCode);
  });
});

suite(withoutPython)(`a cell that failed without a name of its error${because(withoutPython)}`, () => {
  it.each([
    [[{ output_type: 'stream', name: 'stdout', text: ['a\n', 'hunter2\n'] }], 'it printed last: hunter2'],
    [[{ output_type: 'error', ename: '', evalue: 'hunter2' }], 'an error without a name: hunter2'],
    [[], 'it said last: hunter2'],
  ])('says no word of it as if it were one: %j', async (outputs, reason) => {
    const metadata = { papermill: { exception: true, status: 'failed' } };
    const notebook = { cells: [{ cell_type: 'code', metadata, outputs }] };
    const executed = runner.file('executed', JSON.stringify(notebook));
    runner.standIn(`cp ${executed} "$2"; echo hunter2 >&2; exit 1`);
    const { lastLine } = await runner.run({ notebook: notebookOf('killed') });
    expect(lastLine).toBe(`Cell 1 of 1 failed: ${reason}`);
  });
});

const REAL_TIMEOUT = 180_000;

async function failForReal({ name, says, saysForReal = says, args }: Case): Promise<void> {
  const environment = realPapermill(runner.folder);
  const { lastLine } = await runner.run({ notebook: notebookOf(name), environment, args });
  expect(lastLine).toMatch(saysForReal);
}

/** Fail in papermill as others do, in which they differ only for who reads what it left. With `E2E_SLOW=1` they are run, too. */
const LIKE_OTHERS = ['syntax-error', 'allowed-then-magic', 'bash-false'];
const tried = cases.filter(({ name }) => isSlow || !LIKE_OTHERS.includes(name));

suite(withoutPapermill)(`notebooks that fail in papermill itself${because(withoutPapermill)}`, () => {
  it.each(tried)('are named with cell and reason: $name', failForReal, REAL_TIMEOUT);
});

suite(withoutR)(`notebooks in R that fail in papermill itself${because(withoutR)}`, () => {
  it.each(casesOfR)('are named with cell and reason: $name', failForReal, REAL_TIMEOUT);
});
