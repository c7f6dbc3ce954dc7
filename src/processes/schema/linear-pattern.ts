import { RE2JS } from 're2js';

/** As ajv uses it: what its text is tells patterns apart. */
export interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/** What RE2 has no means for, or what is not known to mean the same there. */
class Untranslatable extends Error {}

/** `\s` of ECMA-262: white space and line ends of Unicode; RE2's is that of ASCII. */
const BLANKS = String.raw`\t\n\x{b}\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`;
const NO_BLANKS =
  String.raw`\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}` +
  String.raw`\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`;
const LINE_ENDS = String.raw`\n\r\x{2028}\x{2029}`;

/** One piece of a regular expression with the flag `u`, whose grammar leaves nothing open (ECMA-262, section 22.2.1). */
const PIECES =
  /\\(?:u\{([0-9a-fA-F]+)\}|u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|c([A-Za-z])|[pP]\{([^}]*)\}|([^]))|\(\?(?:<?[=!]|[a-z-]*:|<[^>]*>)|\[\^?|[^]/giu;

/**
 * A regular expression of ECMA-262 with the flag `u`, whose time is linear in the text: it is run by RE2, which does not go back.
 * @returns with a reason, where that cannot be had (look-around, references back): then the engine of JavaScript runs it
 * @throws SyntaxError where it is none
 */
export function linearPattern(source: string): { readonly pattern: Pattern; readonly superlinear?: string } {
  const native = new RegExp(source, 'u');
  if (isSimple(source)) return { pattern: native };
  try {
    const compiled = RE2JS.compile(translate(source));
    return { pattern: { test: (text) => compiled.test(text), toString: () => `re2:${source}` } };
  } catch (error) {
    return { pattern: native, superlinear: (error as Error).message };
  }
}

/** Without alternatives and groups, from the beginning, and with one repetition: then JavaScript's engine is linear, and faster. */
function isSimple(source: string): boolean {
  const plain = source.replaceAll(/\\[^]/gu, 'x').replaceAll(/\[[^\]]*\]/gu, 'x');
  if (/[()|]/u.test(plain)) return false;
  const repetitions = plain.replaceAll(/\{\d{1,3}\}/gu, '').match(/[*+?]|\{/gu)?.length ?? 0;
  return repetitions === 0 || (repetitions === 1 && plain.startsWith('^'));
}

/** @throws Untranslatable */
function translate(source: string): string {
  let isInClass = false;
  let translated = '';
  for (const match of source.matchAll(PIECES)) {
    translated += isInClass ? inClass(match) : outside(match);
    const [piece] = match;
    if (isInClass ? piece === ']' : piece.startsWith('[')) isInClass = !isInClass;
  }
  return translated.replaceAll('[^]', String.raw`[\x{0}-\x{10ffff}]`).replaceAll('[]', String.raw`[^\x{0}-\x{10ffff}]`);
}

function outside(match: RegExpMatchArray): string {
  const [piece] = match;
  if (piece === '.') return `[^${LINE_ENDS}]`;
  if (piece === '$') return String.raw`\z`;
  if (piece === '^') return String.raw`\A`;
  if (piece === '(' || piece === '(?:' || /^\(\?<[^=!]/u.test(piece)) return '(?:';
  if (/^\(\?<?[=!]/u.test(piece)) throw new Untranslatable('it looks ahead or behind');
  if (piece.startsWith('(?')) throw new Untranslatable('it changes flags');
  if (!piece.startsWith('\\')) return piece;
  if (piece === String.raw`\s`) return `[${BLANKS}]`;
  if (piece === String.raw`\S`) return `[^${BLANKS}]`;
  if (/^\\[bBdDwW]$/u.test(piece)) return piece;
  if (/^\\[1-9k]$/u.test(piece)) throw new Untranslatable('it refers back');
  return escape(match);
}

function inClass(match: RegExpMatchArray): string {
  const [piece] = match;
  if (piece === '[' || piece === '[^') return piece.replace('[', String.raw`\x{5b}`).replace('^', String.raw`\^`);
  if (!piece.startsWith('\\')) return /^\(\?/u.test(piece) ? escaped(piece) : piece;
  if (piece === String.raw`\s`) return BLANKS;
  if (piece === String.raw`\S`) return NO_BLANKS;
  if (piece === String.raw`\b`) return String.raw`\x{8}`;
  if (/^\\[dDwW]$/u.test(piece)) return piece;
  return escape(match);
}

const CONTROLS: Readonly<Record<string, string>> = { t: '9', n: 'a', v: 'b', f: 'c', r: 'd', '0': '0' };

function escape([piece, braced, high, low, four, two, control, property, character]: RegExpMatchArray): string {
  if (property !== undefined) return propertyClass(piece, property);
  if (high !== undefined && low !== undefined)
    return hex(0x10000 + ((parseInt(high, 16) - 0xd800) << 10) + (parseInt(low, 16) - 0xdc00));
  const digits = braced ?? four ?? two;
  if (digits !== undefined) return hex(parseInt(digits, 16));
  if (control !== undefined) return hex(control.charCodeAt(0) % 32);
  const named = CONTROLS[character ?? ''];
  return named !== undefined ? String.raw`\x{${named}}` : escaped(character ?? '');
}

function hex(codePoint: number): string {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) throw new Untranslatable('it names half of a character');
  return String.raw`\x{${codePoint.toString(16)}}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w\s/]/gu, String.raw`\$&`);
}

/** General categories by their short names, and scripts by their long ones, are RE2's as well. */
function propertyClass(piece: string, property: string): string {
  const script = /^(?:Script|sc)=([A-Z][a-z]{3,})$/u.exec(property)?.[1];
  if (script !== undefined) return `${piece.slice(0, 3)}${script}}`;
  if (/^[A-Z][a-z]?$/u.test(property)) return piece;
  throw new Untranslatable(`it asks for the property ${property}`);
}
