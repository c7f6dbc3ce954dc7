/**
 * Gives the columns of a table buttons that sort its rows: numbers by their size, where all of a column are numbers, else texts. Again: the
 * other way round. `data-sortable` says what the buttons do.
 */
export function makeSortable(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.textContent = head.textContent;
    button.title = table.dataset['sortable'] ?? '';
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const descends = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descends ? 'descending' : 'ascending');
      sort(table, column, descends);
    });
  }
}

function sort(table: HTMLTableElement, column: number, descends: boolean): void {
  const body = table.tBodies[0];
  if (!body) return;
  const rows = [...body.rows].map((row) => ({ row, text: row.cells[column]?.textContent?.trim() ?? '' }));
  const isNumber = rows.every(({ text }) => text === '' || Number.isFinite(Number(text)));
  const { compare } = new Intl.Collator(document.documentElement.lang, { numeric: true });
  rows.sort((one, other) => {
    // What is empty stands last, either way.
    if (one.text === '' || other.text === '') return Number(one.text === '') - Number(other.text === '');
    const order = isNumber ? Number(one.text) - Number(other.text) : compare(one.text, other.text);
    return descends ? -order : order;
  });
  body.append(...rows.map(({ row }) => row));
}
