const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/i;
const TIME_WITHOUT_ZONE = /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/**
 * What a date-time, or a time, of RFC 3339 lacks that is one but for its time zone, as a sentence part.
 * @returns undefined where it is right, or wrong otherwise
 */
export function missingZone(text: string): string | undefined {
  if (!WITHOUT_ZONE.test(text) && !TIME_WITHOUT_ZONE.test(text)) return undefined;
  return 'must have a time zone, which is missing: Z for UTC, or an offset such as +01:00, at its end';
}
