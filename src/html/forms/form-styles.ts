/** Of the execute form; part of the stylesheet. */
export const formStyles = `
fieldset.field { gap: .5rem; }
.field, form { grid-template-columns: minmax(0, 1fr); }
.field small { overflow-wrap: anywhere; }
.wrong { border: 2px solid var(--bad); }
.checks input[type=radio] { width: auto; accent-color: var(--accent); }
.field .checks label, .box label, .field .crs, .moment label { font-weight: 400; }
.box { display: grid; gap: .5rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 12rem), 1fr)); align-items: end; }
.moment { display: grid; gap: .25rem 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12rem), 1fr)); align-items: end; }
.moment label { display: flex; gap: .5rem; align-items: center; white-space: nowrap; }
.rows, .ways, .more[open], [data-alternatives] { display: grid; gap: .75rem; min-width: 0; }
.ways { padding: .5rem 0 0 .75rem; border-left: .2rem solid var(--line); }
.checks select { width: auto; }
.add { display: flex; gap: .5rem; align-items: center; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
button.plain { color: var(--accent); background: none; border-color: var(--accent); }
button[role=tab] { font-weight: 400; color: inherit; background: none; border-color: var(--line); padding: .3rem .75rem; }
button[role=tab][aria-selected=true] { font-weight: 600; border-color: var(--accent); }
[role=tablist] { display: flex; flex-wrap: wrap; gap: .35rem; margin: .5rem 0; }
.snippets h3 { margin-top: .75rem; } .snippets pre { max-width: 100%; }
[role=tabpanel] > h3 { display: none; }
.notice.good { border-color: var(--good); }
[hidden] { display: none !important; }
`;
