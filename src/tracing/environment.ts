export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is an unset one, as everywhere in OpenTelemetry. */
export function valueOf(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** A number under another name; nothing where it is unset or no number. */
export function numberOf<Key extends string>(
  environment: Environment,
  name: string,
  key: Key,
): { readonly [K in Key]?: number } {
  const value = valueOf(environment, name);
  return value !== undefined && /^\d{1,9}$/.test(value) ? ({ [key]: Number(value) } as { [K in Key]: number }) : {};
}
