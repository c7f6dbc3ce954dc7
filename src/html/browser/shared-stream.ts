/** What a tab wants to hear of; in the channel of all tabs that share a stream. */
type Message =
  | { readonly type: 'who' }
  | { readonly type: 'wants'; readonly tab: string; readonly wants: readonly string[] }
  | { readonly type: 'event'; readonly event: StreamEvent };

/** An event of the stream, its data as they came. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

export interface StreamOptions {
  /** Tabs with the same name share a stream. */
  readonly name: string;
  readonly wants: readonly string[];
  /** Undefined: there is nothing to ask for. @param wants of all tabs, without repetition */
  addressOf(wants: readonly string[]): string | undefined;
  /** Types of events. */
  readonly types: readonly string[];
  onEvent(event: StreamEvent): void;
  readonly signal?: AbortSignal;
}

/** Milliseconds in which other tabs say what they want before the stream is opened. */
const GATHERING = 50;
/** Milliseconds after which it is tried again where the server refuses; doubled each time, up to the longest. */
const FIRST_RETRY = 5_000;
const LONGEST_RETRY = 60_000;

/**
 * Server-sent events that the tabs of a browser share: HTTP/1.1 allows six connections to a host, and open tabs must leave some for pages.
 * Of the tabs that are shown one leads (Web Locks): it has the stream, and tells the others what comes by it (BroadcastChannel). A tab that
 * is hidden does not listen, so that there is no stream while all are; when it is shown again it begins anew. Where a browser has no locks
 * (a page by plain HTTP from another machine) each tab that is shown has a stream of its own.
 */
export class SharedStream {
  private readonly tab = `${Date.now()}-${Math.random()}`;
  private readonly channel?: BroadcastChannel;
  private readonly wants = new Map<string, readonly string[]>();
  private shown?: AbortController;
  private leads = false;
  private source?: EventSource;
  private address?: string;
  private timer?: number;
  private failures = 0;

  constructor(private readonly options: StreamOptions) {
    if ('BroadcastChannel' in globalThis && 'locks' in navigator) {
      this.channel = new BroadcastChannel(options.name);
      this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.take(data);
    }
    const { signal } = options;
    document.addEventListener('visibilitychange', () => this.look(), { signal });
    addEventListener('pagehide', () => this.hide(), { signal });
    addEventListener('pageshow', () => this.look(), { signal });
    signal?.addEventListener('abort', () => {
      this.hide();
      this.channel?.close();
    });
    this.look();
  }

  private look(): void {
    if (document.visibilityState === 'hidden') this.hide();
    else this.show();
  }

  private show(): void {
    if (this.shown || this.options.signal?.aborted) return;
    const shown = (this.shown = new AbortController());
    if (!this.channel) return this.lead(shown.signal);
    this.tell({ type: 'wants', tab: this.tab, wants: this.options.wants });
    const untilHidden = () =>
      new Promise<void>((resolve) => {
        shown.signal.addEventListener('abort', () => resolve());
        this.lead(shown.signal);
      });
    // It is rejected where the tab is hidden before its turn.
    navigator.locks.request(this.options.name, { signal: shown.signal }, untilHidden).catch(() => undefined);
  }

  private hide(): void {
    if (!this.shown) return;
    this.shown.abort();
    this.shown = undefined;
    this.tell({ type: 'wants', tab: this.tab, wants: [] });
  }

  private lead(signal: AbortSignal): void {
    this.leads = true;
    this.wants.clear();
    this.wants.set(this.tab, this.options.wants);
    signal.addEventListener('abort', () => {
      this.leads = false;
      this.close();
    });
    this.tell({ type: 'who' });
    this.openAfter(this.channel ? GATHERING : 0);
  }

  private take(message: Message): void {
    if (!this.shown) return;
    if (message.type === 'event') this.options.onEvent(message.event);
    else if (message.type === 'who') this.tell({ type: 'wants', tab: this.tab, wants: this.options.wants });
    else if (this.leads) {
      this.wants.set(message.tab, message.wants);
      // Also where nothing is added: who has just come is to hear how things stand.
      if (message.wants.length > 0) this.address = undefined;
      this.openAfter(GATHERING);
    }
  }

  private tell(message: Message): void {
    this.channel?.postMessage(message);
  }

  private openAfter(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), milliseconds);
  }

  private open(): void {
    const address = this.options.addressOf([...new Set([...this.wants.values()].flat())]);
    if (address === this.address && this.source) return;
    this.close();
    this.address = address;
    if (address === undefined) return;
    const source = (this.source = new EventSource(address));
    source.onopen = () => (this.failures = 0);
    // It comes again by itself, but not after an answer that is none.
    source.onerror = () => source.readyState === EventSource.CLOSED && this.retry();
    for (const type of this.options.types)
      source.addEventListener(type, ({ data }: MessageEvent<string>) => {
        const event = { type, data };
        this.tell({ type: 'event', event });
        this.options.onEvent(event);
      });
    source.addEventListener('end', () => this.close());
  }

  private retry(): void {
    this.close();
    this.openAfter(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** this.failures++));
  }

  private close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
    this.address = undefined;
  }
}
