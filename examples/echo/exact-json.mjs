/**
 * JSON whose numbers stay as they were written: `JSON.parse` makes 12345678901234567000 of 12345678901234567890, and 1 of 1.0. Such a
 * number becomes what `JSON.rawJSON` makes of its text, which `JSON.stringify` prints as it is; {@link toNumber} gives the double.
 */
export const parseExact = (text) =>
  JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && String(value) !== source ? JSON.rawJSON(source) : value,
  );

export const toNumber = (value) => (JSON.isRawJSON(value) ? Number(value.rawJSON) : value);
