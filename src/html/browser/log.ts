import { Look } from './ansi.js';
import { addressAfter, type LogTaker, streamLog } from './log-stream.js';
import { ownAddress } from './own-address.js';

/** Lines that a page holds; of more the first go. */
const MOST_LINES = 20_000;
/** Lines that are shown at once of a log that is over. */
const AT_ONCE = 5000;
const HEADING = /^(?:Init )?Container '[^']+'$/;

/** A log that is on the page, to which lines come. */
class GrowingLog implements LogTaker {
  private look = new Look();
  private number: number;
  /** A line that has no end so far. */
  private held = '';

  /** @param attempt that is shown */
  constructor(
    private element: HTMLElement,
    private attempt: string,
  ) {
    this.number = element.querySelectorAll('li').length;
  }

  /** A page that is at its end stays there. */
  take(text: string, isWhole: boolean): void {
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) this.add(line, !isWhole && index === lines.length - 1);
    if (atEnd) window.scrollTo({ top: document.documentElement.scrollHeight });
  }

  /** Another attempt has a place of its own, behind the one before. */
  restart(attempt = this.attempt): void {
    this.look = new Look();
    this.number = 0;
    this.held = '';
    if (attempt === this.attempt) return this.element.replaceChildren();
    const { of = '' } = this.element.dataset;
    const next = document.createElement('section');
    const heading = document.createElement('h2');
    heading.textContent = of.replace('{attempt}', attempt);
    next.className = 'log';
    next.dataset['of'] = of;
    next.setAttribute('aria-label', heading.textContent);
    this.element.after(heading, next);
    this.element = next;
    this.attempt = attempt;
  }

  end(): void {
    if (this.held !== '') this.add('');
  }

  add(line: string, isPart = false): void {
    this.held += line;
    if (isPart) return;
    const text = this.held;
    this.held = '';
    this.number += 1;
    const row = document.createElement('li');
    row.value = this.number;
    for (const { text: part, classes } of this.look.segments(text)) {
      const span = document.createElement('span');
      span.className = classes;
      span.textContent = part;
      row.append(classes === '' ? part : span);
    }
    this.listFor(text).append(row);
    const rows = this.element.getElementsByTagName('li');
    while (rows.length > MOST_LINES) rows[0]?.remove();
  }

  private listFor(line: string): HTMLElement {
    const lists = this.element.querySelectorAll<HTMLElement>('ol');
    const last = lists[lists.length - 1];
    if (last && !HEADING.test(line)) return last;
    const details = document.createElement('details');
    details.open = true;
    const summary = document.createElement('summary');
    summary.textContent = line;
    const list = document.createElement('ol');
    list.className = 'lines';
    list.tabIndex = 0;
    list.setAttribute('aria-label', line);
    details.append(summary, list);
    this.element.append(details);
    return list;
  }
}

function grow(element: HTMLElement): void {
  const { log = '', at = '', over, cut, more = '' } = element.dataset;
  const address = ownAddress(log);
  const growing = new GrowingLog(element, at.split('-')[0] ?? '');
  if (over !== undefined) {
    if (cut !== undefined) offerMore(addressAfter(address, at), growing, element, more);
    return;
  }
  element.querySelector('.rest')?.remove();
  streamLog(address, growing, at);
}

function offerMore(address: string, growing: GrowingLog, element: HTMLElement, text: string): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  element.querySelector('.rest')?.replaceWith(button);
  let lines: AsyncIterator<string> | undefined;
  button.addEventListener('click', async () => {
    button.disabled = true;
    lines ??= linesOf(address);
    for (let count = 0; count < AT_ONCE; count++) {
      const { value, done } = await lines.next();
      if (done) return button.remove();
      growing.add(value);
    }
    element.append(button);
    button.disabled = false;
  });
}

async function* linesOf(address: string): AsyncGenerator<string, void> {
  const answer = await fetch(address, { headers: { accept: 'text/plain' } });
  if (!answer.ok || !answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function offerSearch(place: HTMLElement): void {
  const { search = '', found = '', next = '' } = place.dataset;
  const label = document.createElement('label');
  const input = document.createElement('input');
  const button = document.createElement('button');
  const count = document.createElement('output');
  input.type = 'search';
  label.append(`${search} `, input);
  button.type = 'button';
  button.textContent = next;
  place.append(label, ' ', button, ' ', count);
  let hits: HTMLElement[] = [];
  let at = -1;
  const go = (): void => {
    if (hits.length === 0) return;
    hits[at]?.classList.remove('current');
    at = (at + 1) % hits.length;
    const hit = hits[at];
    const details = hit?.closest('details');
    if (details) details.open = true;
    hit?.classList.add('current');
    hit?.scrollIntoView({ block: 'center' });
    count.textContent = `${at + 1} / ${hits.length} ${found}`;
  };
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase();
    for (const hit of hits) hit.classList.remove('hit', 'current');
    const rows = [...document.querySelectorAll<HTMLElement>('.log li')];
    hits = wanted === '' ? [] : rows.filter(({ textContent }) => textContent?.toLowerCase().includes(wanted));
    at = -1;
    for (const hit of hits) hit.classList.add('hit');
    count.textContent = wanted === '' ? '' : `${hits.length} ${found}`;
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') go();
  });
  button.addEventListener('click', go);
}

for (const element of document.querySelectorAll<HTMLElement>('[data-log]')) grow(element);
for (const place of document.querySelectorAll<HTMLElement>('.search')) offerSearch(place);
