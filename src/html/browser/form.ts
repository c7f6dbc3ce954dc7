import { addRows, addToLists } from './form-additions.js';
import { showChosen } from './form-alternatives.js';
import { followRequest } from './form-snippets.js';

// The execute form works without this: it shows what is chosen, adds rows and lines, and the request as it is filled in.
const form = document.querySelector<HTMLFormElement>('form[data-form]');
if (form) {
  const texts = JSON.parse(form.dataset['texts'] ?? '{}') as FormTexts;
  showChosen(form);
  addRows(form, texts, () => showChosen(form));
  addToLists(form, texts);
  followRequest(form, texts);
}

/** Of the interface, in its language. */
export interface FormTexts {
  readonly add: string;
  readonly copy: string;
  readonly copied: string;
}
