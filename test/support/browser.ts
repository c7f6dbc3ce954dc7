import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './wait.js';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, never>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}
interface LogEntry {
  readonly source: string;
  readonly text: string;
}

/** A page in a Chromium without window, by the DevTools protocol. */
export class Browser {
  /** What it has complained of on the page that is open: refusals by policies, exceptions of scripts. */
  complaints: string[] = [];
  /** What has been answered to it, also what its pages may not see, by address without query. */
  readonly answers = new Map<string, number>();
  private readonly waiting = new Map<number, (message: Message) => void>();
  private asked = 0;
  private session: string | undefined;
  private targetId: string | undefined;

  private constructor(
    private readonly process: ChildProcess,
    private readonly socket: WebSocket,
    private readonly profile: string,
  ) {
    socket.addEventListener('message', ({ data }) => this.take(JSON.parse(String(data)) as Message));
  }

  /** @param executable of Chromium @param more options of its command line */
  static async start(executable: string, more: readonly string[] = []): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'e2e-browser-'));
    const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const child = spawn(executable, [
      ...options,
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      ...more,
      'about:blank',
    ]);
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const address = await eventually('the browser', () => /^DevTools listening on (ws:\S+)$/m.exec(output)?.[1]);
    const socket = new WebSocket(address);
    return Browser.page(child, socket, profile, createTarget);
  }

  /** Another page of the same browser, which has its storage, connections and locks in common with it, and ends with it. */
  beside(): Promise<Browser> {
    return Browser.page(this.process, new WebSocket(this.socket.url), this.profile, createTarget);
  }

  /** A page of the same browser that has nothing in common with it but its process, as if it were of another one; see {@link leave}. */
  apart(): Promise<Browser> {
    return Browser.page(this.process, new WebSocket(this.socket.url), this.profile, async (browser) => {
      const { browserContextId } = await browser.send('Target.createBrowserContext', { disposeOnDetach: true });
      return createTarget(browser, { browserContextId });
    });
  }

  /** Closes a page that is {@link apart}, and what it has opened, with all that it was told. */
  leave(): void {
    this.socket.close();
  }

  /** The window that this page has opened. */
  async opened(): Promise<Browser> {
    const targetId = await eventually('the other window', async () => {
      const { targetInfos } = await this.send('Target.getTargets');
      const targets = targetInfos as { readonly targetId: string; readonly type: string; readonly openerId?: string }[];
      return targets.find(({ type, openerId }) => type === 'page' && openerId === this.targetId)?.targetId;
    });
    return Browser.page(this.process, new WebSocket(this.socket.url), this.profile, () => Promise.resolve(targetId));
  }

  private static async page(
    child: ChildProcess,
    socket: WebSocket,
    profile: string,
    target: (browser: Browser) => Promise<string>,
  ): Promise<Browser> {
    await once(socket as unknown as EventTarget, 'open');
    const browser = new Browser(child, socket, profile);
    const targetId = (browser.targetId = await target(browser));
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    browser.session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens a page, and waits until all of it is there. */
  async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.send('Network.setExtraHTTPHeaders', { headers });
    this.complaints = [];
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText !== undefined) throw new Error(`${url}: ${String(errorText)}`);
    await this.loaded(url);
  }

  /** Waits until a page whose address begins so is there. */
  async loaded(address: string): Promise<void> {
    await eventually(`the page ${address}`, () =>
      this.evaluate<boolean>(
        `document.readyState === 'complete' && location.href.startsWith(${JSON.stringify(address)})`,
      ),
    );
  }

  /** What an expression of the page gives, once it is settled. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer['exceptionDetails']) throw new Error(JSON.stringify(answer['exceptionDetails']));
    return (answer['result'] as { value: T }).value;
  }

  /** Presses what a selector finds, once it is there. */
  async click(selector: string): Promise<void> {
    await eventually(selector, () =>
      this.evaluate<boolean>(`(() => {
        const found = document.querySelector(${JSON.stringify(selector)});
        found?.click();
        return found !== null;
      })()`),
    );
  }

  /** Text of what a selector finds first. */
  textOf(selector: string): Promise<string | undefined> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent`);
  }

  /** Gives files to an input that takes them. */
  async choose(selector: string, files: readonly string[]): Promise<void> {
    const expression = `document.querySelector(${JSON.stringify(selector)})`;
    const { result } = await this.send('Runtime.evaluate', { expression });
    await this.send('DOM.setFileInputFiles', { files, objectId: (result as { objectId: string }).objectId });
  }

  /** How pages are shown from now on. @param width of the window, CSS pixels */
  async show({ width = 1280, isDark = false, runsScripts = true } = {}): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }];
    await this.send('Emulation.setEmulatedMedia', { features });
    await this.send('Emulation.setScriptExecutionDisabled', { value: !runsScripts });
  }

  /** A PNG of the whole page. */
  async picture(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true });
    return Buffer.from(data as string, 'base64');
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A command of the DevTools protocol, to the page. */
  async send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.asked;
    const answered = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params, sessionId: this.session }));
    const { result = {}, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  private take({ id, method, params = {}, ...answer }: Message): void {
    if (id !== undefined) {
      this.waiting.get(id)?.(answer);
      this.waiting.delete(id);
    } else if (method === 'Log.entryAdded') {
      const { source, text } = params['entry'] as unknown as LogEntry;
      if (source === 'security') this.complaints.push(text);
    } else if (method === 'Network.responseReceived') {
      const { url, status } = params['response'] as unknown as { url: string; status: number };
      this.answers.set(url.split('?', 1)[0] ?? '', status);
    } else if (method === 'Runtime.exceptionThrown') {
      this.complaints.push(JSON.stringify(params['exceptionDetails']));
    }
  }
}

async function createTarget(browser: Browser, context: object = {}): Promise<string> {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank', newWindow: true, ...context });
  return targetId as string;
}
