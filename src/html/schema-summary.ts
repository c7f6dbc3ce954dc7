type Members = Readonly<Record<string, unknown>>;

/** A schema in a few words. */
export function summaryOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'anything';
  const {
    type,
    format,
    contentMediaType,
    enum: values,
    default: fallback,
    oneOf,
    anyOf,
    minimum,
    maximum,
    $ref,
  } = schema as Members;
  const alternatives = (Array.isArray(oneOf) ? oneOf : Array.isArray(anyOf) ? anyOf : []) as unknown[];
  const name =
    alternatives.length > 0
      ? alternatives.map(summaryOf).join(' or ')
      : Array.isArray(values)
        ? `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
        : [type ?? $ref ?? 'anything'].flat().join(' or ');
  return [
    name,
    typeof format === 'string' ? `(${format})` : '',
    typeof contentMediaType === 'string' ? contentMediaType : '',
    minimum !== undefined && maximum !== undefined ? `from ${String(minimum)} to ${String(maximum)}` : '',
    minimum !== undefined && maximum === undefined ? `of at least ${String(minimum)}` : '',
    minimum === undefined && maximum !== undefined ? `of at most ${String(maximum)}` : '',
    fallback !== undefined ? `(default ${JSON.stringify(fallback)})` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
