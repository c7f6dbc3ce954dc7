import { describe, expect, it, test } from '@jest/globals';
import { parse } from 'node-html-parser';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Notebook, NotebookSection } from './notebook.js';
import { viewNotebook, type CellView, type NotebookView } from './notebook-view.js';
import { plainText } from './ansi.js';
import { sanitisedHtml, sanitisedMarkdown, withHeadingsInOrder } from './sanitised.js';

const notebookOf = (...cells: object[]) => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
const code = (outputs: object[], source = 'x', metadata = {}) => ({
  cell_type: 'code',
  execution_count: 3,
  metadata,
  source,
  outputs,
});
const shows = (data: object) => ({ output_type: 'display_data', data, metadata: {} });
const outputsOf = (...outputs: object[]) => {
  const [cell] = (viewNotebook(notebookOf(code(outputs))) as NotebookView).cells;
  return (cell as Extract<CellView, { kind: 'code' }>).outputs;
};
const page = (text: string) =>
  renderToString(
    h(NotebookSection, { html: renderToString(Notebook({ notebook: viewNotebook(text) as NotebookView })), raw: '/x' }),
  );

describe('the view of an executed notebook', () => {
  it('says what an interactive figure of plotly is, and offers it without a script', () => {
    const figure = {
      data: [
        { type: 'scatter', name: '<b>a</b>', y: { dtype: 'f8', bdata: Buffer.alloc(24).toString('base64') } },
        { x: [1, 2] },
        ...Array.from({ length: 20 }, () => ({ type: 'pie' })),
      ],
      layout: { title: { text: 'Waves' }, xaxis: { title: 'time' }, template: {} },
    };
    const html = '<div><script src="https://cdn.plot.ly/plotly.js"></script></div>';
    const output = shows({ 'application/vnd.plotly.v1+json': figure, 'text/html': html, 'text/plain': 'Figure' });
    const [view] = outputsOf(output);
    expect(view).toEqual({
      kind: 'figure',
      title: 'Waves',
      lines: [
        'axes: time',
        'scatter “<b>a</b>” with 3 values',
        'scatter with 2 values',
        ...Array<string>(18).fill('pie'),
        'and 2 more',
      ],
      source: `data:application/json;base64,${Buffer.from(JSON.stringify(figure)).toString('base64')}`,
    });
    const shown = parse(page(notebookOf(code([output]))));
    expect(shown.querySelector('figcaption')?.text).toBe('Waves (an interactive figure, plotly)');
    expect(shown.querySelectorAll('script, b')).toEqual([]);
    expect(shown.querySelector('a[download]')?.getAttribute('href')).toMatch(/^data:application\/json;base64,/);
    const large = shows({ 'application/vnd.plotly.v1+json': { data: [{ y: 'x'.repeat(2_500_000) }] } });
    expect(outputsOf(large)).toEqual([{ kind: 'figure', title: '', lines: ['scatter'] }]);
    expect(page(notebookOf(code([large])))).toContain('too large to be offered here');
    expect(outputsOf(shows({ 'application/vnd.plotly.v1+json': 'none', 'text/plain': 'x' }))).toEqual([
      { kind: 'text', text: 'x' },
    ]);
  });

  it('has its cells, with what they gave', () => {
    const png = Buffer.from('png').toString('base64');
    const text = notebookOf(
      { cell_type: 'markdown', metadata: {}, source: ['# Title\n', '\n', '*text*'] },
      code(
        [
          { output_type: 'stream', name: 'stdout', text: ['10%\r', '100%\n'] },
          { output_type: 'stream', name: 'stdout', text: 'done\n' },
          shows({ 'text/plain': '<Figure>', 'image/png': `${png}\n` }),
          shows({ 'text/plain': 'table', 'text/html': ['<table class="dataframe"><tr>', '<td>1</td></tr></table>'] }),
          { output_type: 'execute_result', data: { 'text/plain': ['4', '2'] }, metadata: {}, execution_count: 3 },
          {
            output_type: 'error',
            ename: 'ZeroDivisionError',
            evalue: 'division by zero',
            traceback: ['\u001b[0;31mZeroDivisionError\u001b[0m', 'line 1'],
          },
          shows({ 'application/scrapbook.scrap.json+json': { name: 'n', data: 1 } }),
          shows({ 'application/vnd.jupyter.widget-view+json': {} }),
        ],
        'n = 3',
        { tags: ['injected-parameters'] },
      ),
      { cell_type: 'raw', metadata: {}, source: 'raw' },
    );
    expect(viewNotebook(text)).toEqual({
      notes: [],
      cells: [
        { kind: 'markdown', html: '<h3>Title</h3>\n<p><em>text</em></p>\n' },
        {
          kind: 'code',
          number: '3',
          isParameters: true,
          source: 'n = 3',
          outputs: [
            { kind: 'text', text: '100%\ndone\n' },
            { kind: 'image', source: `data:image/png;base64,${png}`, description: '<Figure>' },
            { kind: 'html', html: '<table><tr><td>1</td></tr></table>' },
            { kind: 'text', text: '42' },
            { kind: 'error', text: 'ZeroDivisionError\nline 1' },
            { kind: 'note', text: 'An output of type application/vnd.jupyter.widget-view+json cannot be shown here.' },
          ],
        },
        { kind: 'raw', text: 'raw' },
      ],
    });
  });

  it('shows what stands behind the names of IPython’s objects, or says what it is', () => {
    const object = (kind: string) => `<IPython.core.display.${kind} object>`;
    const outputs = outputsOf(
      shows({ 'text/plain': object('JSON'), 'application/json': { a: [1] } }),
      shows({ 'text/plain': object('Latex'), 'text/latex': ['$x', '^2$'] }),
      shows({ 'text/plain': object('SVG'), 'image/svg+xml': '<svg/>' }),
      shows({ 'text/plain': '<Figure size 640x480>', 'image/svg+xml': '<svg/>' }),
      shows({ 'text/plain': object('HTML') }),
    );
    expect(outputs).toEqual([
      { kind: 'text', text: '{\n  "a": [\n    1\n  ]\n}' },
      { kind: 'text', text: '$x^2$' },
      { kind: 'note', text: 'An output of type image/svg+xml cannot be shown here.' },
      { kind: 'text', text: '<Figure size 640x480>' },
    ]);
  });

  it.each(['', 'null', '[]', '{"cells": 5}', '{"worksheets": []}'])('there is none of %j', (text) => {
    expect(viewNotebook(text)).toBeUndefined();
  });

  it.each([
    '{"cells": [null, 5, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 5, "outputs": [null, {"output_type": "stream"}, {"output_type": "error"}]}]}',
    '{"cells": [{"cell_type": "code", "source": "", "metadata": 5, "outputs": [{"output_type": "display_data"}, {"output_type": "display_data", "data": {"image/png": 5, "text/html": {}}}]}]}',
  ])('is there of what is damaged: %s', (text) => {
    expect(page(text)).toContain('Executed notebook');
  });

  it('cuts what is too large, and says so', () => {
    const [text] = outputsOf({ output_type: 'stream', name: 'stdout', text: 'x'.repeat(30_000) });
    expect(text).toEqual({
      kind: 'text',
      text: expect.stringMatching(/x\n… \(10000 more characters are not shown\)$/),
    });
    expect(outputsOf(shows({ 'image/png': 'A'.repeat(3_000_004) }))).toEqual([
      { kind: 'note', text: 'A picture (image/png, 3000004 characters of base64) is too large to be shown here.' },
    ]);
    expect(outputsOf(shows({ 'text/html': '<p>'.repeat(100_000) }))).toEqual([
      { kind: 'note', text: 'A table or other HTML (300000 characters) is too large to be shown here.' },
    ]);
    const many = outputsOf(...Array.from({ length: 60 }, () => shows({ 'text/plain': 'x' })));
    expect([many.length, many.at(-1)]).toEqual([51, { kind: 'note', text: '10 more outputs are not shown.' }]);
    const large = viewNotebook(
      notebookOf(...Array.from({ length: 301 }, () => code([shows({ 'image/png': 'A'.repeat(100_000) })]))),
    );
    expect([large?.cells.length, large?.notes]).toEqual([
      300,
      ['Only the first 300 of 301 cells are shown.', expect.stringContaining('too large to be shown whole')],
    ]);
    expect(JSON.stringify(large).length).toBeLessThan(9_000_000);
  });
});

describe('what a notebook wrote', () => {
  /** Each wants a script to run, something to be loaded, or the page to look otherwise. */
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="//evil.example/">x</a>',
    '<a href="/jobs">x</a>',
    '<iframe src="https://evil.example/"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="x.swf"></object><embed src="x.swf">',
    '<form action="/jobs/x/dismissal" method="post"><button>Log in</button><input name=token></form>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<style>body{display:none}</style>',
    '<p style="position:fixed;inset:0;background:url(https://evil.example/)">x</p>',
    '<p class="notice" id="content" onclick="alert(1)">x</p>',
    '<img src="https://evil.example/pixel.png">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<img src="data:text/html;base64,PHNjcmlwdD4=">',
    '<img srcset="https://evil.example/ 1x" src="data:image/png;base64,AA==">',
    '<video src="https://evil.example/x" autoplay></video>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><script>alert(1)</script></textarea>',
    '<template><script>alert(1)</script></template>',
    '<x-custom onpointerover=alert(1)>x</x-custom>',
    '</section></main></body><script>alert(1)</script>',
    '<!--><script>alert(1)</script>-->',
    '<details open ontoggle=alert(1)><summary>x</summary></details>',
  ];
  const allowedTags = /^(?:h[1-6]|p|pre|code|div|span|a|img|table|tr|td|details|summary|section|em|ul|li|br)$/i;

  function assertHarmless(html: string): void {
    expect(html).not.toMatch(/<script|<style|<svg|<iframe|evil\.example\/pixel|srcset/i);
    for (const element of parse(`<div>${html}</div>`).querySelectorAll('*')) {
      expect(element.tagName).toMatch(allowedTags);
      for (const [name, value] of Object.entries(element.attributes)) {
        expect(name).not.toMatch(/^on|^style$|^srcset$|^id$/i);
        if (name === 'href') expect(value).toMatch(/^(?:https?:\/\/|mailto:)/);
        if (name === 'src') expect(value).toMatch(/^data:image\/(?:png|jpeg|gif|webp);base64,/);
      }
    }
  }

  test.each(hostile)('does nothing: %s', (html) => {
    assertHarmless(sanitisedHtml(html));
    assertHarmless(
      sanitisedMarkdown(`text ${html}\n\n${html}\n\n[x](javascript:alert(1)) ![x](https://evil.example/pixel)`),
    );
  });

  test.each(hostile)('is text where it is text: %s', (text) => {
    const all = page(
      notebookOf(
        code(
          [
            { output_type: 'stream', name: 'stdout', text },
            { output_type: 'error', ename: text, evalue: text },
            shows({ [text]: 1 }),
            shows({ 'text/plain': text, 'image/png': 'AA==' }),
          ],
          text,
        ),
        { cell_type: 'raw', source: text, metadata: {} },
      ),
    );
    const tags = parse(all)
      .querySelectorAll('*')
      .map(({ tagName }) => tagName.toLowerCase());
    expect(new Set(tags)).toEqual(
      new Set(['section', 'h2', 'p', 'a', 'div', 'pre', 'code', 'img'].filter((tag) => tags.includes(tag))),
    );
    expect(all).not.toMatch(/<script|<style|<svg|<iframe/i);
  });

  it('keeps tables, lists and links that lead elsewhere', () => {
    const html =
      '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td colspan="2">1</td></tr></tbody></table><ul><li>x</li></ul>';
    expect(sanitisedHtml(html)).toBe(html);
    expect(sanitisedMarkdown('[x](https://example.org/)')).toBe(
      '<p><a href="https://example.org/" rel="nofollow noreferrer">x</a></p>\n',
    );
  });

  it('cannot take long by being nested', () => {
    expect(sanitisedHtml('<div>'.repeat(30_000)).length).toBeLessThan(2000);
  });

  it('has headings of which none leaves out a level', () => {
    const html = sanitisedMarkdown('##### a\n\n# b\n\n### c <code>\\<h5></code>\n\n## d\n\n#### e');
    expect(withHeadingsInOrder(html)).toBe(
      '<h3>a</h3>\n<h3>b</h3>\n<h4>c <code>&lt;h5&gt;</code></h4>\n<h4>d</h4>\n<h5>e</h5>\n',
    );
  });
});

describe('text of a terminal', () => {
  test.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['a\u0000b\u009bc', 'abc'],
    ['1%\r50%\r100%\r\nnext\ttab', '100%\nnext\ttab'],
  ])('%j is %j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });
});
