import { Injectable, Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Closing, onceClosed } from '../../ogc/requests/client-gone.js';
import { NotebookRenderer } from '../../jobs/results/pages/executed-notebook.js';

/** Characters of HTML that are kept for the next reader, and that are being sent to readers, all together. */
const KEPT = 16 * 1024 * 1024;
const SENT = 32 * 1024 * 1024;
/** Notebooks that wait to be rendered, one after another. */
const MOST_WAITING = 20;
/** MiB of the thread's heap, and milliseconds that it works at a notebook. */
const HEAP = 192;
const PATIENCE = 60_000;

/** HTML of a notebook's JSON; undefined where it is none. */
export type RenderNotebook = (bytes: Buffer) => Promise<string | undefined>;

/** Renders each notebook once, however many read it, beside the server's own thread, and keeps what was read last. */
@Injectable()
export class NotebookPages extends NotebookRenderer {
  private readonly logger = new Logger(NotebookPages.name);
  private readonly kept = new Map<string, string | undefined>();
  private readonly running = new Map<string, Promise<string | undefined>>();
  private last: Promise<unknown> = Promise.resolve();
  private turns: Promise<unknown> = Promise.resolve();
  private keptLength = 0;
  private sentLength = 0;
  /** Replaced in tests, which have no built files. */
  renderNotebook: RenderNotebook = renderInThread;

  override async render(
    key: string,
    read: () => Promise<Buffer | undefined>,
    gone: Closing,
  ): Promise<string | undefined> {
    const html = await this.once(key, read);
    // Pages around the same notebook, which were all waiting for it, must not be made in one go.
    this.turns = this.turns.then(() => setImmediate());
    await this.turns;
    if (html === undefined || this.sentLength + html.length > SENT) return undefined;
    this.sentLength += html.length;
    onceClosed(gone, () => (this.sentLength -= html.length));
    return html;
  }

  private async once(key: string, read: () => Promise<Buffer | undefined>): Promise<string | undefined> {
    if (this.kept.has(key)) {
      const html = this.kept.get(key);
      // The last of all again, for the first is forgotten first.
      this.kept.delete(key);
      this.kept.set(key, html);
      return html;
    }
    const running = this.running.get(key);
    if (running) return running;
    if (this.running.size >= MOST_WAITING) return undefined;
    const rendering = this.last.then(() => this.make(key, read)).finally(() => this.running.delete(key));
    this.last = rendering.catch(() => undefined);
    this.running.set(key, rendering);
    return rendering;
  }

  private async make(key: string, read: () => Promise<Buffer | undefined>): Promise<string | undefined> {
    const bytes = await read();
    if (!bytes) return undefined;
    const html = await this.renderNotebook(bytes).catch((error: unknown) => {
      this.logger.warn(`A notebook of ${bytes.length} bytes cannot be shown: ${String(error)}`);
      return undefined;
    });
    this.keep(key, html);
    return html;
  }

  private keep(key: string, html: string | undefined): void {
    this.kept.set(key, html);
    this.keptLength += lengthOf(html);
    for (const [first, other] of this.kept) {
      if (this.keptLength <= KEPT) return;
      this.kept.delete(first);
      this.keptLength -= lengthOf(other);
    }
  }
}

/** Also what cannot be shown takes room. */
function lengthOf(html: string | undefined): number {
  return (html?.length ?? 0) + 1024;
}

function renderInThread(bytes: Buffer): Promise<string | undefined> {
  const worker = new Worker(new URL('./notebook-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
    execArgv: [],
  });
  return new Promise<string | undefined>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it takes more than ${PATIENCE / 1000} seconds`)), PATIENCE);
    worker
      .once('message', resolve)
      .once('error', reject)
      .once('exit', () => {
        clearTimeout(timer);
        reject(new Error('its thread ended'));
      });
    worker.postMessage(bytes);
  }).finally(() => worker.terminate());
}
