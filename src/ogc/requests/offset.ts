/** The largest `offset` of a list: far more than any list has. */
export const MAX_OFFSET = 1_000_000_000;

/** Of `offset` in the API definition. */
export const offsetSchema = { type: 'integer', minimum: 0, maximum: MAX_OFFSET } as const;
