import { renderToString } from 'preact-render-to-string';
import { parentPort } from 'node:worker_threads';
import { Notebook } from './notebook.js';
import { viewNotebook } from './notebook-view.js';
import { withHeadingsInOrder } from './sanitised.js';

/** A thread of its own, for what a notebook holds takes a while. Is told the bytes of one, and answers with HTML, or undefined where it is none. */
parentPort?.on('message', (bytes: Uint8Array) => {
  const notebook = viewNotebook(new TextDecoder().decode(bytes));
  parentPort?.postMessage(notebook && withHeadingsInOrder(renderToString(Notebook({ notebook }))));
});
