import type { FormTexts } from '../form.js';

/** Buttons that add a row to what may be given several times. */
export function addRows(form: HTMLFormElement, { add }: FormTexts, onAdded: () => void): void {
  for (const rows of form.querySelectorAll<HTMLElement>('[data-rows]')) {
    const most = Number(rows.dataset['most']);
    const rowsIn = () => [...rows.querySelectorAll<HTMLElement>(':scope > [data-row]')];
    const button = buttonOf(add, () => {
      const all = rowsIn();
      const last = all.at(-1);
      if (!last) return;
      const row = copyOf(last, all.length);
      button.before(row);
      onAdded();
      row.querySelector<HTMLElement>('input:not([type=hidden]), select, textarea')?.focus();
      button.hidden = all.length + 1 >= most;
    });
    button.hidden = rowsIn().length >= most;
    rows.append(button);
  }
}

/** The same, empty, with names of its own. */
function copyOf(last: HTMLElement, number: number): HTMLElement {
  const row = last.cloneNode(true) as HTMLElement;
  const from = last.dataset['row'] ?? '';
  const to = from.replace(/\d+$/, String(number));
  // In ids blanks are encoded.
  const encoded = (name: string) => name.replace(/[%\s]/g, encodeURIComponent);
  for (const element of [row, ...row.querySelectorAll('*')])
    for (const attribute of element.attributes)
      attribute.value = attribute.value.split(from).join(to).split(encoded(from)).join(encoded(to));
  for (const followed of row.querySelectorAll<HTMLElement>('[data-followed]')) delete followed.dataset['followed'];
  for (const control of row.querySelectorAll<HTMLInputElement>('input, textarea, select')) {
    control.removeAttribute('aria-invalid');
    if (control.type === 'radio' || control.type === 'checkbox') control.checked = false;
    else if (control instanceof HTMLSelectElement) continue;
    else control.value = '';
  }
  for (const fault of row.querySelectorAll('.fault')) fault.remove();
  const legend = row.querySelector('legend span, label span');
  if (legend?.textContent) legend.textContent = legend.textContent.replace(/\d+/, String(number + 1));
  return row;
}

/** A control beside each list, by which a value is added to its lines. */
export function addToLists(form: HTMLFormElement, { add }: FormTexts): void {
  for (const list of form.querySelectorAll<HTMLTextAreaElement>('textarea[data-add]')) {
    const line = document.createElement('input');
    line.type = list.dataset['add'] ?? 'text';
    if (line.type === 'number') line.step = 'any';
    line.setAttribute('aria-label', `${add}: ${list.labels[0]?.textContent ?? ''}`);
    const append = () => {
      if (line.value === '' || !line.reportValidity()) return;
      list.value += `${list.value === '' || list.value.endsWith('\n') ? '' : '\n'}${line.value}`;
      list.dispatchEvent(new Event('input', { bubbles: true }));
      line.value = '';
      line.focus();
    };
    line.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      append();
    });
    const place = document.createElement('div');
    place.className = 'add';
    place.append(line, buttonOf(add, append));
    list.after(place);
  }
}

function buttonOf(text: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = text;
  button.addEventListener('click', onClick);
  return button;
}
