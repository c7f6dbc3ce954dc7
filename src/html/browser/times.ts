/** Times in the reader's own time zone and language; what the server wrote, in UTC, becomes their title. */
export function localizeTimes(within: ParentNode): void {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' });
  for (const time of within.querySelectorAll<HTMLTimeElement>('time[datetime]:not([title])')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.textContent ?? '';
    time.textContent = format.format(at);
  }
}
