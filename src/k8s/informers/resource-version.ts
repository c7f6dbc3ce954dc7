const NUMBER = /^(0|[1-9][0-9]*)$/;

/**
 * Compares resource versions of one resource: negative where `a` is older, zero where they are the same. Undefined where either is no number:
 * such versions have no order (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). Exact for any length.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!NUMBER.test(a) || !NUMBER.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
