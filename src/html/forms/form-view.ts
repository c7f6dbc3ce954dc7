import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { FormPart } from '../browser/form/form-part.js';
import type { FormShape } from '../browser/form/form-shape.js';
import type { FieldFault } from '../sent-form.js';
import type { FormValues } from './fill-form.js';

/** What the parts of a form know of it. */
export class FormView {
  private readonly places = new Set<string>();
  private readonly faultsByField: ReadonlyMap<string | undefined, readonly FieldFault[]>;

  /** @param language of what the description says */
  constructor(
    readonly form: FormShape,
    private readonly values: FormValues,
    faults: readonly FieldFault[],
    readonly language: string | undefined,
  ) {
    this.faultsByField = Map.groupBy(faults, ({ field }) => field);
    for (const name of values.keys()) {
      const [first = '', ...others] = name.split('/', 12);
      others.reduce((place, part) => {
        this.places.add(place);
        return `${place}/${part}`;
      }, first);
      this.places.add(name);
    }
  }

  /** What stands in the controls of a name. */
  textsOf(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  textOf(name: string): string | undefined {
    return this.values.get(name)?.[0];
  }

  /** As a form that was sent has them. */
  get parts(): FormPart[] {
    return [...this.values].flatMap(([name, texts]) => texts.map((text) => ({ name, text })));
  }

  /** Whether anything is filled in beneath a name. */
  has(place: string): boolean {
    return this.places.has(place);
  }

  faultsOf(name: string): readonly FieldFault[] {
    return this.faultsByField.get(name) ?? [];
  }
}

export const View = createContext<FormView | undefined>(undefined);

export function useView(): FormView {
  const view = useContext(View);
  if (!view) throw new Error('Parts of a form stand in one.');
  return view;
}

/** The `id` of a control: what refers to it is divided at blanks. */
export function elementId(name: string): string {
  return name.replaceAll(/[%\s]/g, encodeURIComponent);
}

/** A link to a control on the page. */
export function linkTo(name: string): string {
  return `#${encodeURIComponent(elementId(name).toWellFormed())}`;
}

/** What a control says of itself to those who do not see what stands beside it. */
export function described(name: string, isWrong: boolean) {
  const id = elementId(name);
  return isWrong
    ? { 'aria-invalid': 'true' as const, 'aria-describedby': `fault:${id} hint:${id}` }
    : { 'aria-describedby': `hint:${id}` };
}
