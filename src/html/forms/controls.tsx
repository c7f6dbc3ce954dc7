import { useTexts } from '../texts/texts.js';
import type { ChoiceShape, ListShape, ScalarShape, Shape } from '../browser/form/form-shape.js';
import { described, elementId, useView } from './form-view.js';
import { numberLimits } from './number-limits.js';
import { membersOf, numberOf } from './shape-of-schema.js';

/** More are a list to choose from. */
const MOST_RADIOS = 5;

/** Whether a shape is filled in by one control, which a label stands for; all others are field sets. */
export function isSingle(shape: Shape): boolean {
  switch (shape.kind) {
    case 'choice':
      return shape.choices.length > MOST_RADIOS;
    case 'boolean':
    case 'choices':
    case 'bbox':
    case 'group':
    case 'alternatives':
    case 'repeat':
      return false;
    default:
      return true;
  }
}

interface Named {
  readonly name: string;
  readonly isSecret: boolean;
}

/** A control that a label stands for. */
export function SingleControl({ shape, name, isSecret }: Named & { shape: ScalarShape | ChoiceShape | ListShape }) {
  const view = useView();
  const t = useTexts();
  const isWrong = view.faultsOf(name).length > 0;
  const common = {
    id: elementId(name),
    name,
    ...described(name, isWrong),
    ...(isSecret ? { 'data-secret': 'true' } : {}),
  };
  const schema = membersOf(shape.schema);
  const value = shape.kind === 'password' ? undefined : view.textOf(name);
  switch (shape.kind) {
    case 'choice':
      return (
        <select {...common}>
          <option value="">–</option>
          {shape.choices.map((choice) => (
            <option value={choice} selected={isChosen(choice, value)}>
              {shownChoice(choice)}
            </option>
          ))}
        </select>
      );
    case 'geometry':
      return (
        <TextArea
          common={{ ...common, 'data-map': 'geometry', 'data-format': String(schema['format'] ?? '') }}
          value={value}
          placeholder='{"type": …}'
        />
      );
    case 'json':
    case 'long-text':
      return <TextArea common={common} value={value} />;
    case 'lines':
      return (
        <TextArea
          common={{ ...common, 'data-add': addType(shape.item) }}
          value={view.textsOf(name).join('\n')}
          placeholder={t('form.oneALine')}
        />
      );
    case 'number':
    case 'integer': {
      const base = value === undefined || value === '' ? undefined : numberOf(Number(value));
      const limits = numberLimits(schema, shape.kind === 'integer', base);
      return <input {...common} type="number" {...limits} value={value} />;
    }
    case 'date-time':
      return <Moment common={common} name={name} value={value} />;
    default: {
      const { kind } = shape;
      const type = kind === 'password' || kind === 'url' || kind === 'date' ? kind : 'text';
      return (
        <input
          {...common}
          type={type as 'text'}
          value={value}
          minLength={numberOf(schema['minLength'])}
          maxLength={numberOf(schema['maxLength'])}
          autocomplete={type === 'password' ? 'new-password' : 'off'}
        />
      );
    }
  }
}

/** The parser of HTML drops a first line that is empty. */
function TextArea({ common, value = '', placeholder }: { common: object; value?: string; placeholder?: string }) {
  return (
    <textarea {...common} spellcheck={false} rows={4} placeholder={placeholder}>
      {/^\r?\n/.test(value) ? `\n${value}` : value}
    </textarea>
  );
}

/** The zones that a moment may be given in, offsets from UTC. */
const ZONES = [
  ...['-12:00', '-11:00', '-10:00', '-09:30', '-09:00', '-08:00', '-07:00', '-06:00', '-05:00', '-04:00', '-03:30'],
  ...['-03:00', '-02:00', '-01:00', 'Z', '+01:00', '+02:00', '+03:00', '+03:30', '+04:00', '+04:30', '+05:00'],
  ...['+05:30', '+05:45', '+06:00', '+06:30', '+07:00', '+08:00', '+08:45', '+09:00', '+09:30', '+10:00', '+10:30'],
  ...['+11:00', '+12:00', '+12:45', '+13:00', '+14:00'],
];

const LOCAL = /^\d{4,}-\d\d-\d\dT\d\d:\d\d/;

/** A picker, and the zone; what a picker cannot show is text. */
function Moment({ common, name, value }: { common: object; name: string; value: string | undefined }) {
  const view = useView();
  const t = useTexts();
  if (value !== undefined && value !== '' && !LOCAL.test(value)) return <input {...common} type="text" value={value} />;
  const zone = view.textOf(`${name}.zone`) ?? 'Z';
  return (
    <span class="moment">
      <input {...common} type="datetime-local" step="1" value={value} />
      <label>
        <span>{t('form.zone')}</span>
        <select name={`${name}.zone`}>
          {(ZONES.includes(zone) ? ZONES : [zone, ...ZONES]).map((one) => (
            <option value={one} selected={one === zone}>
              {one === 'Z' ? 'UTC' : `UTC${one}`}
            </option>
          ))}
        </select>
      </label>
    </span>
  );
}

/** A choice of a few. */
export function Radios({ shape, name, isSecret }: Named & { shape: Shape }) {
  const view = useView();
  const t = useTexts();
  const value = view.textOf(name);
  const choices =
    shape.kind === 'choice'
      ? shape.choices.map((choice) => [choice, shownChoice(choice)] as const)
      : ([
          ['true', t('form.yes')],
          ['false', t('form.no')],
        ] as const);
  const given = choices.some(([choice]) => isChosen(choice, value));
  return (
    <div class="checks">
      {[['', t('form.none')] as const, ...choices].map(([choice, label], at) => (
        <label>
          <input
            type="radio"
            id={`${elementId(name)}:${at}`}
            name={name}
            value={choice}
            checked={choice === '' ? !given : isChosen(choice, value)}
            data-secret={isSecret ? 'true' : undefined}
          />
          {label}
        </label>
      ))}
    </div>
  );
}

/** A choice of several. */
export function Boxes({ choices, name }: { choices: readonly string[]; name: string }) {
  const texts = useView().textsOf(name);
  return (
    <div class="checks">
      {choices.map((choice, at) => (
        <label>
          <input
            type="checkbox"
            id={`${elementId(name)}:${at}`}
            name={name}
            value={choice}
            checked={texts.some((text) => isChosen(choice, text))}
          />
          {shownChoice(choice)}
        </label>
      ))}
    </div>
  );
}

/** Texts may be given without their quotes. */
function isChosen(choice: string, text: string | undefined): boolean {
  return text !== undefined && (choice === text || choice === JSON.stringify(text));
}

function shownChoice(choice: string): string {
  return choice.startsWith('"') ? (JSON.parse(choice) as string) : choice;
}

/** The type of a control for one line. */
function addType({ kind }: ScalarShape | ChoiceShape): string {
  return kind === 'number' || kind === 'integer' ? 'number' : kind === 'date' || kind === 'url' ? kind : 'text';
}
