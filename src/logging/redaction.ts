const REDACTED = '[redacted]';

/** Shorter ones stand in any text by chance. */
const SHORTEST = 8;

/** What gives something away by its shape, whoever's it is. Each is looked for from few places: no line costs more than its length. */
const shapes: readonly (readonly [shape: RegExp, replacement: string])[] = [
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // User and password of an address.
  [/(:\/\/)[^\s/?#"'@\\]+@/g, `$1${REDACTED}@`],
  // What signs an address or opens what is there: presigned addresses of a store, capabilities of jobs.
  [
    /([?&][\w-]{0,64}(?:token|secret|password|signature|credential|capability|key)[\w-]{0,64}=)[^&\s"'<>\\#]+/gi,
    `$1${REDACTED}`,
  ],
  // What npm run token makes, secrets of Standard Webhooks, and JSON Web Tokens, which service accounts have; encrypted ones have five parts, one of them empty.
  [/\b(?:ogcp_[0-9a-f]{64}\b|whsec_[A-Za-z0-9+/=]+)/g, REDACTED],
  [/(?<![\w-])((?:[\w-]{0,64}-)?)eyJ[\w-]{8,}\.[\w-]*\.[\w-]+(?:\.[\w-]+){0,2}/g, `$1${REDACTED}`],
];

/**
 * A function that takes secrets out of a line of the log: the given values, and what looks like one. It is the last resort, for texts of libraries and of other people's processors; whoever logs
 * leaves secrets out.
 * @param secrets those of fewer than eight characters are passed over
 */
export function redactor(secrets: readonly (string | undefined)[]): (line: string) => string {
  const values = secrets
    .filter((secret) => secret !== undefined)
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .sort((a, b) => b.length - a.length);
  return (line) => {
    const without = values.reduce((text, value) => text.replaceAll(value, REDACTED), line);
    return shapes.reduce((text, [shape, replacement]) => text.replace(shape, replacement), without);
  };
}
