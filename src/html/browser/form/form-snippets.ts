import type { FormPart } from './form-part.js';
import { readParts } from './form-reading.js';
import type { FormShape } from './form-shape.js';
import type { FormTexts } from '../form.js';
import { type SnippetKind, SNIPPETS, snippets } from '../snippets.js';

interface ProcessData {
  readonly base: string;
  readonly processId: string;
  readonly hasToken: boolean;
  readonly modes: readonly string[];
}

/** Shows the request for programs as it is filled in, one kind at a time, each to be copied. */
export function followRequest(form: HTMLFormElement, texts: FormTexts): void {
  const place = form.querySelector<HTMLDetailsElement>('details.snippets');
  if (!place) return;
  const shape = JSON.parse(form.dataset['form'] ?? '{}') as FormShape;
  const process = JSON.parse(form.dataset['process'] ?? '{}') as ProcessData;
  const panels = SNIPPETS.flatMap((kind) => {
    const panel = place.querySelector<HTMLElement>(`[data-snippet="${kind}"]`);
    return panel ? [{ kind, panel }] : [];
  });
  const update = () => {
    if (!place.open) return;
    const written = requestOf(form, shape, process);
    for (const { kind, panel } of panels) {
      const code = panel.querySelector('code');
      if (code && code.textContent !== written[kind]) code.textContent = written[kind];
    }
  };
  makeTabs(place, panels, texts);
  form.addEventListener('input', update);
  form.addEventListener('change', update);
  place.addEventListener('toggle', update);
}

function requestOf(form: HTMLFormElement, shape: FormShape, { base, processId, hasToken, modes }: ProcessData) {
  const secrets = new Set([...form.querySelectorAll<HTMLInputElement>('[data-secret]')].map(({ name }) => name));
  const fields = new FormData(form);
  const parts = [...fields].flatMap(([name, value]): FormPart[] => {
    if (typeof value !== 'string')
      return value.name === ''
        ? []
        : [{ name, file: { fileName: value.name, value: `<${value.name}>`, isArray: false } }];
    if (secrets.has(name) && value !== '') return [{ name, text: placeholder(name) }];
    return [{ name, text: value }];
  });
  const { request } = readParts(shape, parts, { parseJson, readPlain: (_, text) => parseJson(text) });
  const { mode, ...others } = request;
  const isAsync = mode !== 'sync' && modes.includes('async-execute');
  return snippets({
    base,
    processId,
    request: others,
    mode: isAsync ? 'async' : 'sync',
    needsToken: hasToken || fields.get('token') !== '',
  });
}

/** What stands for a secret; JSON where that is typed. */
function placeholder(name: string): string {
  const word = `<${name.replace(/^input\./, '').replace(/\.json$/, '')}>`;
  return name.endsWith('.json') ? JSON.stringify(word) : word;
}

interface RawJson {
  rawJSON?: (text: string) => unknown;
}

/** Numbers stay as they were written where the browser can keep them so. */
function parseJson(text: string): unknown {
  const { rawJSON } = JSON as unknown as RawJson;
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    return rawJSON && typeof value === 'number' && source !== undefined && String(value) !== source
      ? rawJSON.call(JSON, source)
      : value;
  });
}

/** Tabs by the pattern of the ARIA Authoring Practices: arrow keys move between them. */
function makeTabs(
  place: HTMLElement,
  panels: readonly { readonly kind: SnippetKind; readonly panel: HTMLElement }[],
  { copy, copied }: FormTexts,
): void {
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', place.querySelector('summary')?.textContent ?? '');
  const tabs = panels.map(({ kind, panel }) => {
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.id = `tab:${kind}`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', panel.id);
    tab.textContent = panel.querySelector('h3')?.textContent ?? kind;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    panel.prepend(copyButton(panel, copy, copied));
    return tab;
  });
  const select = (chosen: number, isFocused: boolean) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute('aria-selected', String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      const panel = panels[at]?.panel;
      if (panel) panel.hidden = at !== chosen;
    });
    if (isFocused) tabs[chosen]?.focus();
  };
  tabs.forEach((tab, at) => tab.addEventListener('click', () => select(at, false)));
  list.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const current = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    select((current + step + tabs.length) % tabs.length, true);
  });
  list.append(...tabs);
  panels[0]?.panel.before(list);
  select(0, false);
}

function copyButton(panel: HTMLElement, copy: string, copied: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = copy;
  button.addEventListener('click', () => {
    const text = panel.querySelector('code')?.textContent ?? '';
    void write(text, panel).then(() => (button.textContent = copied));
  });
  panel.addEventListener('focusout', () => (button.textContent = copy));
  return button;
}

/** Without https a browser has no clipboard: what is to be copied is selected then. */
async function write(text: string, panel: HTMLElement): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) return clipboard.writeText(text);
  const code = panel.querySelector('code');
  if (code) getSelection()?.selectAllChildren(code);
  document.execCommand('copy');
}
