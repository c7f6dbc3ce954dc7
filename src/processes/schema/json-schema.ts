/** A JSON Schema (draft 2020-12) or a reference to one. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;
