/** Of alternatives only the chosen one is shown, and sent; the first where none is chosen. */
export function showChosen(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLElement>('[data-alternatives]:not([data-followed])')) {
    field.dataset['followed'] = 'true';
    const radios = [...field.querySelectorAll<HTMLInputElement>(':scope > .checks input[type=radio]')];
    const alternatives = [...field.querySelectorAll<HTMLElement>(':scope > [data-alternative]')];
    const [first] = radios;
    if (first && !radios.some(({ checked }) => checked)) first.checked = true;
    const show = () => {
      const chosen = radios.find(({ checked }) => checked)?.value;
      for (const alternative of alternatives) setShown(alternative, alternative.dataset['alternative'] === chosen);
    };
    for (const radio of radios) radio.addEventListener('change', show);
    show();
  }
}

/** What is not shown is not validated either. */
function setShown(alternative: HTMLElement, isShown: boolean): void {
  alternative.hidden = !isShown;
  const controls = alternative.querySelectorAll<HTMLInputElement>('input, select, textarea');
  for (const control of controls) {
    const isWithinHidden = control.closest('[data-alternative][hidden]') !== null;
    control.disabled = isWithinHidden;
  }
}
