import { isMapping } from '../../config/validation.js';

/** Media type of a figure of plotly.py, which only plotly's own script can draw. */
export const PLOTLY = 'application/vnd.plotly.v1+json';

const MOST_TRACES = 20;
const LONGEST_NAME = 200;
/** Bytes of a number of plotly's typed arrays (`{"dtype": "f8", "bdata": "…"}`), by their name. */
const BYTES = new Map([
  ...['i1', 'u1'].map((type) => [type, 1] as const),
  ...['i2', 'u2'].map((type) => [type, 2] as const),
  ...['i4', 'u4', 'f4'].map((type) => [type, 4] as const),
  ['f8', 8] as const,
]);
/** Where a trace has its values; the first that it has says how many they are. */
const VALUES = ['y', 'x', 'z', 'values', 'lat', 'r', 'locations', 'ids'] as const;

/** What a figure is, in words (https://plotly.com/python/figure-structure/). */
export interface FigureWords {
  readonly title: string;
  /** Axes, and a line for each trace. */
  readonly lines: readonly string[];
}

/** @returns undefined where it is no figure */
export function describeFigure(figure: unknown): FigureWords | undefined {
  if (!isMapping(figure) || !Array.isArray(figure['data'])) return undefined;
  const layout = isMapping(figure['layout']) ? figure['layout'] : {};
  const traces = figure['data'].filter(isMapping);
  const axes = ['xaxis', 'yaxis'].map((axis) => titleOf(layout[axis])).filter((title) => title !== '');
  return {
    title: titleOf(layout),
    lines: [
      ...(axes.length > 0 ? [`axes: ${axes.join(', ')}`] : []),
      ...traces.slice(0, MOST_TRACES).map(describeTrace),
      ...(traces.length > MOST_TRACES ? [`and ${traces.length - MOST_TRACES} more`] : []),
    ],
  };
}

function describeTrace(trace: Readonly<Record<string, unknown>>): string {
  const name = textOf(trace['name']);
  const counts = VALUES.map((key) => lengthOf(trace[key])).filter((length) => length !== undefined);
  return [
    textOf(trace['type']) || 'scatter',
    ...(name === '' ? [] : [`“${name}”`]),
    ...(counts[0] === undefined ? [] : [`with ${counts[0]} values`]),
  ].join(' ');
}

function lengthOf(values: unknown): number | undefined {
  if (Array.isArray(values)) return values.length;
  if (!isMapping(values) || typeof values['bdata'] !== 'string') return undefined;
  const bytes = BYTES.get(textOf(values['dtype']));
  return bytes === undefined ? undefined : Math.floor(Buffer.byteLength(values['bdata'], 'base64') / bytes);
}

/** A title is a text or a mapping with one. */
function titleOf(value: unknown): string {
  const title = isMapping(value) ? value['title'] : undefined;
  return textOf(isMapping(title) ? title['text'] : title);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_NAME) : '';
}
