import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = readFileSync(join(import.meta.dirname, 'run_notebook.py'), 'utf8');
const withPython = spawnSync('python3', ['--version']).status === 0 ? describe : describe.skip;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-notebook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  /** The executed notebook, as the stand-in for papermill writes it. */
  readonly notebook?: object;
  readonly settings?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the stand-in does after it has written the notebook. */
  readonly program?: string;
  readonly args?: readonly string[];
  /** Is called with all that was printed so far. */
  readonly onLog?: (log: string) => void;
}

/** Runs the script as the container does, with a stand-in for papermill that writes a notebook. */
async function run({ notebook = { cells: [] }, settings = {}, environment = {}, program = '', args = [], onLog }: Run) {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(folder, 'executed.json'), JSON.stringify(notebook));
  const metadata = { kernelspec: { name: 'python3', language: 'python' } };
  writeFileSync(join(folder, 'in.ipynb'), JSON.stringify({ metadata }));
  const output = join(folder, 'out', 'x.ipynb');
  const stand = `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/arguments\ncp ${folder}/executed.json "$2"\n${program}\n`;
  writeFileSync(join(bin, 'papermill'), stand);
  chmodSync(join(bin, 'papermill'), 0o755);
  const command = ['papermill', join(folder, 'in.ipynb'), output, '--engine', 'kubernetes_job_progress', ...args];
  const all = { home: folder, notebook: join(folder, 'in.ipynb'), output, ...settings };
  const child = spawn('python3', ['-c', script, ...command], {
    env: { PATH: `${bin}:${process.env['PATH']}`, NOTEBOOK_SETTINGS: JSON.stringify(all), ...environment },
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString();
    onLog?.(log);
  });
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { log, code, output };
}

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';

/** The results in a log, by output id. */
function resultsIn(log: string): Record<string, { mediaType: string; body: string }> {
  const results = log
    .split(`${START} `)
    .slice(1)
    .map((text) => {
      const [head = '', ...lines] = text.split('\n');
      const [, id = '', bytes, digest, mediaType = ''] =
        /^output=("(?:[^"\\]|\\.)*"|\S+) bytes=(\d+) sha256=(\w+) mimetype=("[^"]*"|\S+)/.exec(head) ?? [];
      const text64 = lines.join('');
      const body = head.endsWith(' encoding=base64') ? Buffer.from(text64, 'base64') : Buffer.from(text64);
      expect([body.length, createHash('sha256').update(body).digest('hex')]).toEqual([Number(bytes), digest]);
      const plain = (value: string) => (value.startsWith('"') ? (JSON.parse(value) as string) : value);
      return [plain(id), { mediaType: plain(mediaType), body: body.toString('latin1') }];
    });
  return Object.fromEntries(results) as Record<string, { mediaType: string; body: string }>;
}

const cellWith = (...outputs: object[]) => ({ cell_type: 'code', metadata: {}, source: [], outputs });
const glued = (name: string, data: unknown, encoder = 'json') => ({
  output_type: 'display_data',
  data: { [`application/scrapbook.scrap.${encoder}+json`]: { name, data, encoder, version: 1 } },
  metadata: { scrapbook: { name, data: true, display: false } },
});
const shown = (name: string, data: object) => ({
  output_type: 'display_data',
  data,
  metadata: { scrapbook: { name, data: false, display: true } },
});
const without = { notebookOutput: false };

withPython('a file name that the client chose', () => {
  const claim = (job: string, repeats = false) => ({ ...without, claim: { job, repeats } });
  const inOut = () => readdirSync(join(folder, 'out')).toSorted();

  it('is refused where there is such a file: nothing is run, and the file is what it was', async () => {
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'x.ipynb'), 'of another run');
    const { log, code, output } = await run({ settings: claim('job-1') });
    expect([log, code]).toEqual([
      `There is a file ${output} already. Nothing was run, so that it is not overwritten.\n`,
      1,
    ]);
    expect([readFileSync(output, 'utf8'), existsSync(join(folder, 'arguments'))]).toEqual(['of another run', false]);
    expect(inOut()).toEqual(['x.ipynb']);
  });

  it('is that of one run only, of several side by side', async () => {
    const runs = await Promise.all(['a', 'b', 'c', 'd'].map((job) => run({ settings: claim(job) })));
    expect(runs.map(({ code }) => code).toSorted()).toEqual([0, 1, 1, 1]);
    expect(inOut()).toEqual(['x.ipynb']);
  });

  it('is found again by the next attempt of the same job, and by no other job', async () => {
    const first = await run({ settings: claim('job-1', true), program: 'exit 7' });
    expect([first.code, inOut()]).toEqual([7, ['.job-1.claim', 'x.ipynb']]);
    expect((await run({ settings: claim('job-2', true) })).code).toBe(1);
    expect((await run({ settings: claim('job-1', true) })).code).toBe(0);
    expect(inOut()).toEqual(['x.ipynb']);
  });

  it('leaves no claim where there is no further attempt', async () => {
    expect((await run({ settings: claim('job-1'), program: 'exit 7' })).code).toBe(7);
    expect(inOut()).toEqual(['x.ipynb']);
  });
});

withPython('the results of a notebook', () => {
  it('are its scraps, each by its own media type', async () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
    const notebook = {
      cells: [
        cellWith(glued('number', 1.5), glued('text', 'a "b"\n', 'text'), glued('again', 1)),
        cellWith(glued('again', { b: [2] }), glued('table', png.toString('base64'), 'pandas')),
        cellWith(
          shown('plot', { 'text/plain': ['<Figure>'], 'image/png': png.toString('base64') + '\n' }),
          shown('html', { 'text/plain': 'x', 'text/html': ['<b>', 'ä</b>'] }),
          shown('plain', { 'text/plain': ['a', 'b'] }),
          shown('geo', { 'application/geo+json': { type: 'Point' } }),
        ),
      ],
    };
    const { log, code } = await run({ notebook, settings: without });
    expect(code).toBe(0);
    expect(resultsIn(log)).toEqual({
      number: { mediaType: 'application/json', body: '1.5' },
      text: { mediaType: 'application/json', body: '"a \\"b\\"\\n"' },
      again: { mediaType: 'application/json', body: '{"b": [2]}' },
      table: { mediaType: 'application/vnd.apache.parquet', body: png.toString('latin1') },
      plot: { mediaType: 'image/png', body: png.toString('latin1') },
      html: { mediaType: 'text/html; charset=utf-8', body: Buffer.from('<b>ä</b>').toString('latin1') },
      plain: { mediaType: 'text/plain; charset=utf-8', body: 'ab' },
      geo: { mediaType: 'application/geo+json', body: '{"type": "Point"}' },
    });
  });

  it('are the newest data of what is glued with display=True, and its display only where that is more than text', async () => {
    const text = (name: string, value: string) => shown(name, { 'text/plain': [value] });
    const table = 'PAR1';
    const notebook = {
      cells: [
        cellWith(glued('number', 1), text('number', '1'), glued('map', { a: [true] }), text('map', "{'a': [True]}")),
        cellWith(
          glued('stale', 1),
          text('stale', '1'),
          glued('figure', 1),
          glued('again', 'old'),
          text('again', "'old'"),
        ),
        cellWith(glued('table', table, 'pandas'), shown('table', { 'text/html': '<table>', 'text/plain': 'x' })),
        cellWith(glued('then-data', table, 'pandas'), shown('then-data', { 'text/html': '<table>' })),
        cellWith(glued('stale', 2), text('figure', '<Figure>'), glued('again', 'new'), text('again', "'new'")),
        cellWith(glued('then-data', [1])),
      ],
    };
    const { log } = await run({ notebook, settings: without });
    const json = (body: string) => ({ mediaType: 'application/json', body });
    expect(resultsIn(log)).toEqual({
      number: json('1'),
      map: json('{"a": [true]}'),
      stale: json('2'),
      figure: { mediaType: 'text/plain; charset=utf-8', body: '<Figure>' },
      again: json('"new"'),
      table: { mediaType: 'text/html; charset=utf-8', body: '<table>' },
      'then-data': json('[1]'),
    });
  });

  it('are what an object that shows itself leaves before its empty scrap, as plotly’s figures do; without a form they are named', async () => {
    const plotly = { data: [{ y: [1, 2] }], layout: {} };
    const itself = { output_type: 'display_data', data: { 'application/vnd.plotly.v1+json': plotly }, metadata: {} };
    const stream = { output_type: 'stream', name: 'stdout', text: 'x' };
    const notebook = {
      cells: [
        cellWith(itself, shown('figure', {})),
        cellWith(itself, shown('other', { 'text/plain': 'y' }), shown('lost', {})),
        cellWith(itself, stream, shown('printed', {})),
        cellWith(itself, glued('filtered', 3), shown('filtered', {})),
      ],
    };
    const { log, code } = await run({ notebook, settings: without });
    expect([code, resultsIn(log)]).toEqual([
      0,
      {
        figure: { mediaType: 'application/vnd.plotly.v1+json', body: '{"data": [{"y": [1, 2]}], "layout": {}}' },
        other: { mediaType: 'text/plain; charset=utf-8', body: 'y' },
        filtered: { mediaType: 'application/json', body: '3' },
      },
    ]);
    for (const name of ['lost', 'printed'])
      expect(log).toContain(`scrap ${name} is not among the results: the notebook holds no form of it\n`);
  });

  it('have the executed notebook beside a scrap of its name', async () => {
    const executed = {
      mediaType: 'application/x-ipynb+json',
      body: expect.stringContaining('"cells"') as unknown as string,
    };
    const own = (...names: string[]) => ({ cells: [cellWith(...names.map((name) => glued(name, 1)))] });
    const one = { mediaType: 'application/json', body: '1' };
    const { log } = await run({ notebook: own('notebook') });
    expect(resultsIn(log)).toEqual({ notebook: one, 'result-notebook': executed });
    expect(log).toContain('the executed notebook is the output result-notebook, for a scrap has the name notebook\n');
    const both = await run({ notebook: own('notebook', 'result-notebook') });
    expect(resultsIn(both.log)).toEqual({
      notebook: one,
      'result-notebook': one,
      'result-notebook-of-run': executed,
    });
  });

  it('are a file, by its name’s media type, where the scrap result-file names one', async () => {
    writeFileSync(join(folder, 'area.geojson'), '{"type": "Point"}');
    const { log } = await run({
      notebook: { cells: [cellWith(glued('result-file', 'area.geojson'))] },
      settings: without,
    });
    expect(resultsIn(log)).toEqual({ 'result-file': { mediaType: 'application/geo+json', body: '{"type": "Point"}' } });
  });

  it('fail the job where that file is not there', async () => {
    const { log, code } = await run({ notebook: { cells: [cellWith(glued('result-file', 'no.tif'))] } });
    expect(code).toBe(1);
    expect(log).toMatch(/as its result file, which cannot be read: No such file or directory\.\n$/);
    expect(log).not.toContain(START);
  });

  it('have the executed notebook among them', async () => {
    const notebook = { cells: [cellWith(glued('a', 1))] };
    const { log } = await run({ notebook });
    const results = resultsIn(log);
    expect(Object.keys(results).toSorted()).toEqual(['a', 'notebook']);
    expect(results['notebook']).toEqual({ mediaType: 'application/x-ipynb+json', body: JSON.stringify(notebook) });
  });

  it('are only those that the process declares, where it declares any', async () => {
    const notebook = { cells: [cellWith(glued('a', 1), glued('b', 2))] };
    const { log } = await run({ notebook, settings: { outputs: ['b', 'c'] } });
    expect(resultsIn(log)).toEqual({ b: { mediaType: 'application/json', body: '2' } });
    expect(log).toContain('scrap a is not among the results');
  });

  it('have names with blanks and quotes, but no control characters', async () => {
    const { log } = await run({ notebook: { cells: [cellWith(glued('a "b" \\c', 1))] }, settings: without });
    expect(Object.keys(resultsIn(log))).toEqual(['a "b" \\c']);
    const wrong = await run({ notebook: { cells: [cellWith(glued('a\nb', 1))] } });
    expect([wrong.code, wrong.log]).toEqual([1, expect.stringContaining("'a\\nb' has a name")]);
  });

  it('that are too large for the log fail the job, but for the notebook', async () => {
    const large = Buffer.alloc(7_000_000).toString('base64');
    const { log, code } = await run({ notebook: { cells: [cellWith(shown('plot', { 'image/png': large }))] } });
    expect(code).toBe(1);
    expect(log).toMatch(/Result plot has 7000000 bytes: too large for the log/);
    const notebook = { cells: [cellWith(glued('a', 1), { output_type: 'stream', text: large })] };
    const other = await run({ notebook });
    expect([other.code, Object.keys(resultsIn(other.log))]).toEqual([0, ['a']]);
    expect(other.log).toContain('the executed notebook is not among the results');
  });

  it('are texts where a display of another kind is no base64', async () => {
    const lines = ['aGVs\n', 'bG8=\n'];
    const cells = [cellWith(shown('x', { 'application/xml': '<a>é</a>' }), shown('y', { 'image/png': lines }))];
    const { log, code } = await run({ notebook: { cells }, settings: without });
    expect([code, resultsIn(log)]).toEqual([
      0,
      {
        x: { mediaType: 'application/xml', body: Buffer.from('<a>é</a>').toString('latin1') },
        y: { mediaType: 'image/png', body: 'hello' },
      },
    ]);
  });

  it('are uploaded where the server takes uploads, through its redirection', async () => {
    const received: unknown[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/upload') {
          response.writeHead(307, { location: '/store?signature=x' }).end();
          return;
        }
        const { length } = Buffer.concat(chunks);
        received.push([request.method, request.url, request.headers['content-type'], length]);
        response.writeHead(201).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`;
      const targets = { plot: { url, mediaType: 'image/png', maxBytes: 100_000_000 } };
      const large = Buffer.alloc(9_000_000).toString('base64');
      const { log, code } = await run({
        notebook: { cells: [cellWith(shown('plot', { 'image/png': large }), glued('small', 1))] },
        settings: without,
        environment: { PYGEOAPI_K8S_MANAGER_OUTPUTS: JSON.stringify(targets) },
      });
      expect([code, Object.keys(resultsIn(log))]).toEqual([0, ['small']]);
      expect(received).toEqual([['PUT', '/store?signature=x', 'image/png', 9_000_000]]);
    } finally {
      server.close();
    }
  });
});

withPython('progress on the Kubernetes Job', () => {
  /** Whether a second cell is written after the API server has answered the first so. */
  async function goesOnAfter(status: number) {
    writeFileSync(join(folder, 'token'), 'secret');
    const program = `${script.replace(/if __name__ == [^]*$/, '')}
SERVICE_ACCOUNT = sys.argv[1]
asked = []
first, second = threading.Event(), threading.Event()

def annotate(done, total):
    asked.append(done)
    if done == 1:
        first.set()
        raise urllib.error.HTTPError("https://kubernetes", ${status}, "not now", {}, None)
    second.set()

progress = Progress(True)
progress.cells(1, 3)
first.wait(30)
progress.cells(2, 3)
while progress.thread.is_alive() and not second.is_set():
    time.sleep(0.01)
sys.exit(0 if second.is_set() else 9)`;
    const child = spawn('python3', ['-c', program, folder], {
      env: { PATH: process.env['PATH'], KUBERNETES_SERVICE_HOST: 'kubernetes' },
    });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    return { isWritten: code === 0, log };
  }

  it('goes on where the API server cannot answer for a moment', async () => {
    expect(await goesOnAfter(503)).toEqual({ isWritten: true, log: expect.not.stringContaining('service account') });
  });

  it('ends where the job may not write it', async () => {
    expect(await goesOnAfter(403)).toEqual({
      isWritten: false,
      log: expect.stringContaining('its service account may not patch jobs'),
    });
  });
});

withPython('an upload of a result', () => {
  /** Answers in turn, with the last one from then on; null: breaks the connection off. @returns the log, and how often it was asked */
  async function uploadTo(...answers: (number | null)[]) {
    let asked = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const status = answers[Math.min(asked++, answers.length - 1)] ?? null;
        if (status === null) request.socket.destroy();
        else response.writeHead(status).end('says why');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const targets = { text: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload` } };
      const { log, code } = await run({
        notebook: { cells: [cellWith(glued('text', 'x'.repeat(100_000)))] },
        settings: without,
        environment: { PYGEOAPI_K8S_MANAGER_OUTPUTS: JSON.stringify(targets) },
      });
      return { log, code, asked };
    } finally {
      server.close();
    }
  }

  test.each([[503], [null]])('is sent again where it may go well later: %j', async (answer) => {
    const { log, code, asked } = await uploadTo(answer, 201);
    expect([code, asked]).toEqual([0, 2]);
    expect(log).toMatch(/^A result is uploaded again in 0.5 s: /);
  });

  it('is not sent again where it is refused', async () => {
    expect(await uploadTo(403, 201)).toEqual({
      code: 1,
      asked: 1,
      log: 'A result could not be uploaded: the server answered 403 says why\n',
    });
  });
});

withPython('a notebook that fails', () => {
  const failing = {
    cells: [
      { cell_type: 'markdown', metadata: { tags: ['papermill-error-cell-tag'] }, source: 'An error was found' },
      cellWith(),
      { ...cellWith(), metadata: { tags: ['injected-parameters'] } },
      cellWith({ output_type: 'error', ename: 'ValueError', evalue: 'no "such" value', traceback: ['trace'] }),
      cellWith(),
    ],
  };

  it('says in which of its own cells, and how, with papermill’s exit code', async () => {
    const { log, code } = await run({ notebook: failing, program: 'exit 3' });
    expect(code).toBe(3);
    expect(log).toMatch(/Cell 2 of 3 failed: ValueError: no "such" value\n$/);
    expect(log).not.toContain(START);
  });

  it('before its first cell says so, and why', async () => {
    const { log, code } = await run({ program: 'echo "No such kernel named x" >&2; exit 1' });
    expect(code).toBe(1);
    expect(log).toMatch(
      /No such kernel named x\nPapermill failed before the first cell: it said last: No such kernel named x\n$/,
    );
  });

  it('that is ended from outside has the exit code of the signal', async () => {
    const { log, code } = await run({ program: 'echo "Executing notebook" >&2; kill -9 $$' });
    expect(code).toBe(137);
    expect(log).toMatch(/Papermill failed before the first cell: papermill was ended by signal 9\n$/);
  });
});

withPython('what is done around papermill', () => {
  it('hands on all arguments as they are, without an engine that is not installed', async () => {
    await run({ args: ['-b', '$(touch x) "a"', '-k', "'k'"] });
    expect(readFileSync(join(folder, 'arguments'), 'utf8').split('\n').slice(2, -1)).toEqual([
      ...['-b', '$(touch x) "a"', '-k', "'k'"],
    ]);
  });

  it('says the progress once for each number of cells, and hands on what papermill says', async () => {
    const bar = (done: number) => `\\rExecuting:  ${done}%%|x   | ${done}/4 [00:01<00:06,  1.04s/cell]`;
    const program = `printf 'Input: x\\n${bar(0)}${bar(1)}${bar(1)}${bar(4)}\\nbye\\n' >&2`;
    const { log } = await run({ program, settings: without });
    const said = (percent: number, done: number) =>
      `PYGEOAPI_K8S_MANAGER_PROGRESS ${percent} ${done} of 4 cells of the notebook are done.\n`;
    expect(log).toBe(`Input: x\n${said(0, 0)}${said(25, 1)}${said(99, 4)}bye\n`);
  });

  it('says the progress when papermill does, not when it goes on', async () => {
    const program = `printf '\\rExecuting:  25%%|x   | 1/4 [00:01<00:06,  1.04s/cell]' >&2
for try in $(seq 200); do [ -e ${folder}/seen ] && exit 0; sleep 0.05; done; exit 9`;
    const onLog = (log: string) => {
      if (log.includes('PYGEOAPI_K8S_MANAGER_PROGRESS 25 1 of 4')) writeFileSync(join(folder, 'seen'), '');
    };
    expect((await run({ program, settings: without, onLog })).code).toBe(0);
  }, 30_000);

  it('says where the notebook is missing', async () => {
    const { log, code } = await run({ settings: { notebook: '/no/such.ipynb' } });
    expect([code, log]).toEqual([1, 'There is no notebook /no/such.ipynb.\n']);
  });

  it('has the home folder where the embedded cluster has it, also in the variables of the notebook', async () => {
    const notebook = { cells: [cellWith(glued('result-file', '/home/jovyan/data.txt'))] };
    writeFileSync(join(folder, 'data.txt'), 'data');
    const { log, code } = await run({
      notebook,
      settings: { ...without, home: '/home/jovyan', notebook: '/home/jovyan/in.ipynb' },
      environment: { EMBEDDED_WORKING_DIRECTORY: folder, HOME: '/home/jovyan', RESULTS_DIRECTORY: '/home/jovyan/out' },
      args: ['--cwd', '/home/jovyan', '-b', '/home/jovyans'],
      program: 'echo "$HOME $RESULTS_DIRECTORY"',
    });
    expect([code, log]).toEqual([0, expect.stringContaining(`${folder} ${folder}/out\n`)]);
    expect(resultsIn(log)).toEqual({ 'result-file': { mediaType: 'text/plain', body: 'data' } });
    expect(readFileSync(join(folder, 'arguments'), 'utf8').split('\n').slice(2, -1)).toEqual([
      ...['--cwd', folder, '-b', '/home/jovyans'],
    ]);
  });

  it('waits for the mount of the bucket, and no longer than it should', async () => {
    const mount = { path: join(folder, 's3'), bucket: 'b', seconds: 0.5 };
    const { log, code } = await run({ settings: { mount } });
    expect(code).toBe(1);
    expect(log).toContain(`Bucket b was not mounted at ${mount.path} within 0.5 seconds`);
    expect(existsSync(join(folder, 'arguments'))).toBe(false);
  });

  it('makes the folder for result data, and a link to it, over an older link but over nothing else', async () => {
    const resultData = { folder: join(folder, 'deep', 'data $(id)'), link: join(folder, 'result-data') };
    for (const target of [resultData.folder, join(folder, 'other')]) {
      expect((await run({ settings: { resultData: { ...resultData, folder: target } } })).code).toBe(0);
      expect(readlinkSync(resultData.link)).toBe(target);
    }
    rmSync(resultData.link);
    mkdirSync(resultData.link);
    const { log, code } = await run({ settings: { resultData } });
    expect([code, log]).toEqual([
      1,
      `${resultData.link} is no link: it cannot be made to lead to ${resultData.folder}.\n`,
    ]);
    expect(lstatSync(resultData.link).isDirectory()).toBe(true);
  });

  it('makes the link for result data also where several runs make it at the same time', async () => {
    const link = join(folder, 'result-data');
    const program = `${script.replace(/if __name__ == [^]*$/, '')}
for number in range(300):
    link_result_data(sys.argv[1], sys.argv[2])`;
    const runs = Array.from({ length: 4 }, (_, at) => {
      const child = spawn('python3', ['-c', program, join(folder, `of-${at}`), link], { stdio: 'ignore' });
      return new Promise((resolve) => child.on('close', resolve));
    });
    expect(await Promise.all(runs)).toEqual([0, 0, 0, 0]);
    expect(readlinkSync(link)).toMatch(/of-\d$/);
  });

  it('names the environments of conda-store', async () => {
    mkdirSync(join(folder, 'bin'));
    const { code, log } = await run({ settings: { condaStoreGroups: ['one', 'two'] } });
    expect(JSON.parse(readFileSync(join(folder, '.condarc'), 'utf8'))).toEqual({
      envs_dirs: ['/home/conda/one/envs', '/home/conda/two/envs'],
    });
    expect(JSON.parse(readFileSync(join(folder, '.jupyter/jupyter_config.json'), 'utf8'))).toEqual({
      CondaKernelSpecManager: { kernelspec_path: '--user' },
    });
    expect([code, log]).toEqual([1, expect.stringContaining('the image needs nb_conda_kernels')]);
  });

  test.each([
    [0, 'papermill_slack failed'],
    [1, 'papermill_slack is not in the image'],
  ])(
    'calls the Slack hook where its variable is set, which does not decide how the job ends (%#)',
    async (missing, said) => {
      mkdirSync(join(folder, 'bin'));
      if (!missing) {
        writeFileSync(join(folder, 'bin', 'papermill_slack'), `#!/bin/sh\necho "$1" > ${folder}/slack\nexit 1\n`);
        chmodSync(join(folder, 'bin', 'papermill_slack'), 0o755);
      }
      const environment = { PAPERMILL_SLACK_WEBHOOK_URL: 'https://example.com' };
      const { log, code, output } = await run({ environment });
      expect([code, log]).toEqual([0, expect.stringContaining(said)]);
      if (!missing) expect(readFileSync(join(folder, 'slack'), 'utf8')).toBe(`${output}\n`);
    },
  );
});
