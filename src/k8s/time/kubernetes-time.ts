/** Watched objects carry times as text, typed answers of the client library as `Date`. */
export function toDate(time: Date | string | undefined | null): Date | undefined {
  if (time === undefined || time === null) return undefined;
  const date = time instanceof Date ? time : new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
