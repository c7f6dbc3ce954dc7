import type { ComponentChildren } from 'preact';
import { languageOf, said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import {
  type AlternativesShape,
  alternativeName,
  BOX_PARTS,
  type GroupShape,
  memberName,
  MOST_ROWS,
  type RepeatShape,
  type Shape,
} from '../browser/form/form-shape.js';
import { isSecretName } from '../../processes/schema/secrets.js';
import { Boxes, isSingle, Radios, SingleControl } from './controls.js';
import { elementId, useView } from './form-view.js';
import { shortJson, wordsOf } from './schema-words.js';
import { membersOf } from './shape-of-schema.js';

export interface FieldProps {
  readonly shape: Shape;
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  readonly isRequired?: boolean;
  readonly isSecret?: boolean;
  /** What stands in front of the words for the schema. */
  readonly id?: string;
  /** JSON of an example; absent: that of the schema. */
  readonly example?: string;
  /** What else the field has. */
  readonly children?: ComponentChildren;
}

/** What is filled in for one schema: its name, its controls, what is wrong with it, and what it takes. */
export function Field(props: FieldProps) {
  const { shape, name, title, isRequired = false, isSecret = false, children } = props;
  const view = useView();
  const t = useTexts();
  const id = elementId(name);
  const label = (
    <>
      <span lang={view.language}>{title}</span>
      {isRequired ? ` (${t('form.required')})` : ''}
    </>
  );
  if (isSingle(shape))
    return (
      <div class="field">
        <label for={id}>{label}</label>
        <SingleControl shape={shape as never} name={name} isSecret={isSecret} />
        <FieldFaults name={name} />
        <Hint {...props} />
        {children}
      </div>
    );
  const isWrong = view.faultsOf(name).length > 0;
  const box = shape.kind === 'bbox' ? boxAttributes(name) : {};
  return (
    <fieldset
      id={id}
      class={isWrong ? 'field wrong' : 'field'}
      tabIndex={-1}
      aria-describedby={isWrong ? `fault:${id} hint:${id}` : `hint:${id}`}
      {...box}
    >
      <legend>{label}</legend>
      <Parts shape={shape} name={name} isSecret={isSecret} />
      <FieldFaults name={name} />
      <Hint {...props} />
      {children}
    </fieldset>
  );
}

function Parts({ shape, name, isSecret }: { shape: Shape; name: string; isSecret: boolean }) {
  switch (shape.kind) {
    case 'choices':
      return <Boxes choices={shape.choices} name={name} />;
    case 'bbox':
      return <Box name={name} />;
    case 'group':
      return <Group shape={shape} name={name} isSecret={isSecret} />;
    case 'alternatives':
      return <Alternatives shape={shape} name={name} isSecret={isSecret} />;
    case 'repeat':
      return <Repeat shape={shape} name={name} isSecret={isSecret} />;
    default:
      return <Radios shape={shape} name={name} isSecret={isSecret} />;
  }
}

function Group({ shape, name, isSecret }: { shape: GroupShape; name: string; isSecret: boolean }) {
  return (
    <>
      {shape.members.map(([key, member]) => {
        const { title, description } = membersOf(member.schema);
        return (
          <Field
            shape={member}
            name={memberName(name, key)}
            title={typeof title === 'string' ? title : key}
            id={typeof title === 'string' ? key : undefined}
            description={typeof description === 'string' ? description : undefined}
            isRequired={shape.required.includes(key)}
            isSecret={isSecret || isSecretName(key)}
          />
        );
      })}
    </>
  );
}

/**
 * For the map that one may draw on: a field set `data-map="bbox"` names its controls in `data-minx`, `data-miny`, `data-maxx`,
 * `data-maxy`, and `data-crs` (empty: CRS84; on a map of longitude and latitude nothing else can be drawn). A text area
 * `data-map="geometry"` takes GeoJSON, of the OGC format in `data-format` (`geojson-geometry`, `-feature`, `-feature-collection`, or
 * the URI that ends so). Who changes a control dispatches `input` on it, with `bubbles`.
 */
function boxAttributes(name: string) {
  const part = (key: string) => memberName(memberName(name, 'bbox'), key);
  const flat = BOX_PARTS.filter((key) => !key.endsWith('z')).map((key) => [`data-${key}`, part(key)] as const);
  return { 'data-map': 'bbox', 'data-crs': memberName(name, 'crs'), ...Object.fromEntries(flat) };
}

const BOX_ORDER = ['minx', 'miny', 'maxx', 'maxy', 'minz', 'maxz'] as const;
const CRS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';

function Box({ name }: { name: string }) {
  const view = useView();
  const t = useTexts();
  return (
    <>
      <div class="box">
        {BOX_ORDER.map((key) => {
          const control = memberName(memberName(name, 'bbox'), key);
          return (
            <label>
              {t(`form.box.${key}`)}
              <input type="number" step="any" name={control} id={elementId(control)} value={view.textOf(control)} />
            </label>
          );
        })}
      </div>
      <label class="crs">
        {t('form.box.crs')}
        <input
          type="url"
          name={memberName(name, 'crs')}
          id={elementId(memberName(name, 'crs'))}
          value={view.textOf(memberName(name, 'crs'))}
          placeholder={CRS84}
          autocomplete="off"
        />
      </label>
    </>
  );
}

function Alternatives({ shape, name, isSecret }: { shape: AlternativesShape; name: string; isSecret: boolean }) {
  const view = useView();
  const t = useTexts();
  const chosen = view.textOf(`${name}.choice`);
  const titles = shape.alternatives.map(({ schema }) => {
    const { title } = membersOf(schema);
    return typeof title === 'string' ? title : wordsOf(schema, t);
  });
  return (
    <div data-alternatives={name}>
      <div class="checks">
        {titles.map((title, at) => (
          <label>
            <input
              type="radio"
              id={`${elementId(name)}.choice:${at}`}
              name={`${name}.choice`}
              value={String(at)}
              checked={chosen === String(at)}
            />
            {title}
          </label>
        ))}
      </div>
      {shape.alternatives.map((alternative, at) => (
        <div data-alternative={String(at)}>
          <Field shape={alternative} name={alternativeName(name, at)} title={titles[at] ?? ''} isSecret={isSecret} />
        </div>
      ))}
    </div>
  );
}

/** Rows without anything in them, so that something can be added without scripts. */
const EMPTY_ROWS = 2;

function Repeat({ shape, name, isSecret }: { shape: RepeatShape; name: string; isSecret: boolean }) {
  const view = useView();
  const t = useTexts();
  const used = Array.from({ length: MOST_ROWS }, (_, row) => row).filter((row) => view.has(memberName(name, row)));
  const rows = Math.min(Math.max((used.at(-1) ?? -1) + 2, EMPTY_ROWS), Math.max(shape.most, (used.at(-1) ?? -1) + 1));
  return (
    <div class="rows" data-rows={name} data-most={shape.most}>
      {Array.from({ length: rows }, (_, row) => (
        <div data-row={memberName(name, row)}>
          <Field
            shape={shape.item}
            name={memberName(name, row)}
            title={t('form.row', { number: row + 1 })}
            isSecret={isSecret}
          />
        </div>
      ))}
    </div>
  );
}

/** What is wrong with a control, beside it. */
export function FieldFaults({ name }: { name: string }) {
  const t = useTexts();
  const faults = useView().faultsOf(name);
  return faults.length === 0 ? null : (
    <strong class="fault" id={`fault:${elementId(name)}`}>
      {faults.map(({ within, message }, at) => (
        <span lang={languageOf(t, message)}>
          {at === 0 ? '' : '; '}
          {within === '' ? '' : `${within} `}
          {said(t, message)}
        </span>
      ))}
    </strong>
  );
}

function Hint({ shape, name, id, description, isSecret = false, example }: FieldProps) {
  const t = useTexts();
  const view = useView();
  const { default: fallback, examples, example: single } = membersOf(shape.schema);
  const shown = example ?? shortJson(single ?? (Array.isArray(examples) ? (examples[0] as unknown) : undefined));
  const byDefault = isSecret ? undefined : shortJson(fallback);
  const asJson = shape.kind === 'json' ? `, ${t('form.asJson')}` : '';
  const words = [
    id,
    wordsOf(shape.schema, t) + asJson,
    byDefault === undefined ? undefined : t('form.default', { value: byDefault }),
    shown === undefined || isSecret ? undefined : t('form.example', { value: shown }),
  ];
  return (
    <small id={`hint:${elementId(name)}`}>
      {description ? (
        <span class="text" lang={view.language}>
          {description}
        </span>
      ) : null}
      {description ? <br /> : null}
      {words.filter((word) => word !== undefined).join(' · ')}
    </small>
  );
}
