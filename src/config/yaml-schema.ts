import type { CollectionTag, ScalarTag, Tags } from 'yaml';

type Tag = ScalarTag | CollectionTag;

const trueWords = /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/;
const falseWords = /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/;
const integer = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const timeInteger = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/;
const exponentFloat = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/;
const plainFloat = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

/** Types that have no meaning in this configuration: text that looks like a date stays text, explicit tags for them are faults. */
const unused = ['binary', 'omap', 'pairs', 'set', 'timestamp'].map((name) => `tag:yaml.org,2002:${name}`);

/**
 * The YAML 1.1 types as PyYAML, with which the predecessor read its files, resolves them: `y` and `n` are text (they are names of
 * inputs), and so are `1e5`, `.`, `08` and `08:30`.
 */
export function pyYamlTags(tags: Tags): Tags {
  return tags
    .filter((tag): tag is Tag => typeof tag !== 'string' && !unused.includes(tag.tag))
    .map((tag) => {
      const test = testOf(tag);
      return test === undefined ? tag : ({ ...tag, test } as Tag);
    });
}

function testOf(tag: Tag): RegExp | undefined {
  if (tag.tag === 'tag:yaml.org,2002:bool') return 'test' in tag && tag.test?.test('yes') ? trueWords : falseWords;
  if (tag.tag === 'tag:yaml.org,2002:int') {
    if (tag.format === 'TIME') return timeInteger;
    return tag.format === undefined ? integer : undefined;
  }
  if (tag.tag !== 'tag:yaml.org,2002:float' || !('test' in tag) || tag.format === 'TIME') return undefined;
  if (tag.format === 'EXP') return exponentFloat;
  return tag.test?.test('1.5') ? plainFloat : undefined;
}

/**
 * The value that a text replaced from the environment stands for: nothing when empty, a boolean, a number, else the text itself. Digits
 * after a leading zero and integers beyond 2^53 stay text, so that identifiers and passwords are not damaged.
 */
export function typedAnew(text: string): string | number | boolean | null {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (trueWords.test(text)) return true;
  if (falseWords.test(text)) return false;
  const isNumber =
    /^[-+]?(?:0|[1-9][0-9]*)$/.test(text) || /^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text);
  const number = Number(text);
  const isExact = !Number.isInteger(number) || Number.isSafeInteger(number);
  return isNumber && Number.isFinite(number) && isExact ? number : text;
}
