import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { Closing } from '../../ogc/requests/client-gone.js';
import { NotebookPages } from './notebook-pages.js';

class Response extends EventEmitter implements Closing {
  destroyed = false;
}

function pagesOf(html: (text: string) => string) {
  const pages = new NotebookPages();
  const rendered: string[] = [];
  pages.renderNotebook = async (bytes) => {
    rendered.push(bytes.toString());
    return html(bytes.toString());
  };
  const read = (key: string, gone = new Response()) => pages.render(key, async () => Buffer.from(key), gone);
  return { pages, rendered, read };
}

describe('pages of notebooks', () => {
  it('are rendered once for all who read them at the same time, and later', async () => {
    const { rendered, read } = pagesOf((text) => `<p>${text}</p>`);
    const readers = await Promise.all(Array.from({ length: 50 }, () => read('a')));
    expect(new Set(readers)).toEqual(new Set(['<p>a</p>']));
    expect(await read('a')).toBe('<p>a</p>');
    expect(rendered).toEqual(['a']);
  });

  it('are forgotten where there are too many, those that were read longest ago first', async () => {
    const { rendered, read } = pagesOf(() => 'x'.repeat(6 * 1024 * 1024));
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
      const gone = new Response();
      await read(key, gone);
      gone.emit('close');
    }
    expect(rendered).toEqual(['a', 'b', 'c', 'b']);
  });

  it('are left out while too much is being sent', async () => {
    const { read } = pagesOf(() => 'x'.repeat(12 * 1024 * 1024));
    const gone = new Response();
    expect(await read('a', gone)).toBeDefined();
    expect(await read('a')).toBeDefined();
    expect(await read('a')).toBeUndefined();
    gone.emit('close');
    expect(await read('a')).toBeDefined();
  });

  it('are not counted as being sent to who went while they were made', async () => {
    const { read } = pagesOf(() => 'x'.repeat(12 * 1024 * 1024));
    for (let count = 0; count < 3; count += 1) await read('a', Object.assign(new Response(), { destroyed: true }));
    expect(await read('a')).toBeDefined();
  });

  it('are none of what cannot be rendered or read, and the next one is', async () => {
    const { pages, read } = pagesOf((text) => text);
    const { renderNotebook } = pages;
    pages.renderNotebook = () => Promise.reject(new Error('too large'));
    expect(await read('a')).toBeUndefined();
    await expect(pages.render('b', () => Promise.reject(new Error('gone')), new Response())).rejects.toThrow('gone');
    pages.renderNotebook = renderNotebook;
    expect(await read('c')).toBe('c');
  });
});
