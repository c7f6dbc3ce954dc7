import type { HTMLElement } from 'node-html-parser';

/** Names and values, in order. */
export type Fields = [name: string, value: string][];

/** What a browser without scripts sends of a form in which no files are chosen. */
export function fieldsOf(form: HTMLElement): Fields {
  return form.querySelectorAll('input, select, textarea').flatMap((control): Fields => {
    const name = control.getAttribute('name');
    if (name === undefined || control.hasAttribute('disabled') || control.getAttribute('type') === 'file') return [];
    if (control.tagName === 'TEXTAREA') return [[name, control.text.replace(/^\n/, '').replaceAll(/\r?\n/g, '\r\n')]];
    if (control.tagName === 'SELECT') {
      const options = control.querySelectorAll('option');
      const chosen = options.find((option) => option.hasAttribute('selected')) ?? options[0];
      return chosen ? [[name, chosen.getAttribute('value') ?? chosen.text]] : [];
    }
    const isBox = ['radio', 'checkbox'].includes(control.getAttribute('type') ?? '');
    if (isBox && !control.hasAttribute('checked')) return [];
    return [[name, control.getAttribute('value') ?? (isBox ? 'on' : '')]];
  });
}

/** The same with other values; every name must be one that the form has. */
export function filled(form: HTMLElement, values: Readonly<Record<string, string | readonly string[]>>): Fields {
  const names = new Set(form.querySelectorAll('[name]').map((control) => control.getAttribute('name')));
  const missing = Object.keys(values).filter((name) => !names.has(name));
  if (missing.length > 0) throw new Error(`The form has no ${missing.join(', ')}.`);
  const kept = fieldsOf(form).filter(([name]) => !Object.hasOwn(values, name));
  const given = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((text): [string, string] => [name, text.replaceAll('\n', '\r\n')]),
  );
  return [...kept, ...given];
}
