import type { VNode } from 'preact';
import { isMapping } from '../../config/validation.js';
import { useTexts } from '../texts/texts.js';

/** Values that a tree shows, and floors on which they stand; what is beyond stands in the result itself. */
const MOST_VALUES = 2000;
const MOST_FLOORS = 30;
/** Floors that are open. */
const OPEN = 2;

/** A JSON value as a tree that one opens and closes; numbers as they were written. */
export function JsonTree({ value }: { value: unknown }) {
  const t = useTexts();
  const left = { values: MOST_VALUES };
  const more = (count: number) => t('results.more', { count });
  return <div class="tree">{branch(undefined, value, 0, left, more)}</div>;
}

function branch(
  name: string | number | undefined,
  value: unknown,
  floor: number,
  left: { values: number },
  more: (count: number) => string,
): VNode {
  left.values -= 1;
  const entries = Array.isArray(value) ? [...value.entries()] : isMapping(value) ? Object.entries(value) : undefined;
  const label = name === undefined ? null : <span class="key">{name}: </span>;
  if (entries === undefined || entries.length === 0 || floor === MOST_FLOORS)
    return (
      <div>
        {label}
        <code>{JSON.stringify(value)}</code>
      </div>
    );
  const shown: VNode[] = [];
  for (const [key, member] of entries) {
    if (left.values <= 0) break;
    shown.push(<li>{branch(key, member, floor + 1, left, more)}</li>);
  }
  const rest = entries.length - shown.length;
  return (
    <details open={floor < OPEN}>
      <summary>
        {label}
        <span class="muted">{Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </summary>
      <ul>
        {shown}
        {rest === 0 ? null : <li class="muted">{more(rest)}</li>}
      </ul>
    </details>
  );
}
