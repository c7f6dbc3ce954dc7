import { addRows, addToLists } from './form/form-additions.js';
import { showChosen } from './form/form-alternatives.js';
import { offerMaps } from './form/form-maps.js';
import { followRequest } from './form/form-snippets.js';

// The execute form works without this: it shows what is chosen, adds rows and lines, and the request as it is filled in.
const form = document.querySelector<HTMLFormElement>('form[data-form]');
if (form) {
  const texts = JSON.parse(form.dataset['texts'] ?? '{}') as FormTexts;
  showChosen(form);
  addRows(form, texts, () => showChosen(form));
  addToLists(form, texts);
  followRequest(form, texts);
  offerMaps(form, texts, JSON.parse(form.dataset['background'] ?? '{}') as Record<string, string>);
}

/** Of the interface, in its language. */
export interface FormTexts {
  readonly add: string;
  readonly copy: string;
  readonly copied: string;
  readonly draw: string;
  /** `data-` attributes of a map: what its buttons draw. */
  readonly shapes: Readonly<Record<'box' | 'point' | 'line' | 'polygon', string>>;
}
