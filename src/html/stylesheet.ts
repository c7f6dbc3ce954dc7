import { createHash } from 'node:crypto';
import { formStyles } from './forms/form-styles.js';
import { jobStyles } from './job/job-styles.js';

/** The only stylesheet. Colours are pairs of light and dark (`light-dark()`), with a contrast of at least 4.5 to 1 for text. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2430, #e4e8ee);
  --muted: light-dark(#556070, #a4aebb);
  --ground: light-dark(#fff, #14181e);
  --raised: light-dark(#f4f6f9, #1d232b);
  --line: light-dark(#d5dae1, #38414d);
  --accent: light-dark(#0b5cad, #7ab7f5);
  --on-accent: light-dark(#fff, #0d1117);
  --good: light-dark(#1a6b32, #74d08c);
  --bad: light-dark(#a4161a, #ff938f);
  --busy: light-dark(#855100, #f0bd6a);
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h2.first { margin-top: 0; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; z-index: 1; }
.bar { background: var(--raised); border-bottom: 1px solid var(--line); }
.bar > div, main, footer > div { max-width: 68rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem); }
.bar > div { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding-block: .75rem; }
.bar .site { font-weight: 650; color: inherit; text-decoration: none; margin-right: auto; }
.bar ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
form.visitor { display: flex; gap: .25rem .75rem; align-items: baseline; margin: 0; }
button.plain { font-weight: inherit; color: var(--accent); background: none; border-color: var(--muted); padding: .1rem .6rem; }
main { padding-block: 1.5rem 3rem; }
footer { border-top: 1px solid var(--line); color: var(--muted); font-size: .9rem; }
footer > div { padding-block: 1rem; }
h1 { font-size: clamp(1.5rem, 4vw, 2rem); line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; line-height: 1.3; }
h3 { font-size: 1.05rem; margin: 0; }
p { margin: .5rem 0; max-width: 46rem; }
.text { white-space: pre-line; }
.muted { color: var(--muted); }
code, pre, textarea, .id { font-family: ui-monospace, monospace; font-size: .9em; }
.id { overflow-wrap: break-word; }
.nowrap { white-space: nowrap; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; padding: .75rem; margin: .5rem 0; overflow: auto; max-height: 30rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.tags { display: flex; flex-wrap: wrap; gap: .35rem; list-style: none; margin: .5rem 0; padding: 0; }
.tags li { border: 1px solid var(--line); background: var(--raised); border-radius: 1rem; padding: 0 .65rem; font-size: .85rem; }
.cards { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.cards > li { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; background: var(--raised); min-width: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
caption { text-align: left; color: var(--muted); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
thead th { font-size: .85rem; color: var(--muted); white-space: nowrap; }
td p { margin: .15rem 0; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .35rem 1.25rem; margin: 1rem 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
.status { font-weight: 600; white-space: nowrap; }
.status::before { content: ""; display: inline-block; width: .65em; height: .65em; border-radius: 50%; background: currentcolor; margin-right: .45em; }
.successful, .ready { color: var(--good); } .failed, .invalid { color: var(--bad); } .running, .accepted, .starting, .pending { color: var(--busy); } .dismissed, .removing { color: var(--muted); }
progress { width: min(100%, 20rem); height: .9rem; accent-color: var(--accent); vertical-align: middle; }
.notice { border-left: .3rem solid var(--bad); background: var(--raised); padding: .5rem 1rem; margin: 1rem 0; }
.links { padding-left: 1.1rem; }
details { margin: .25rem 0; }
summary { cursor: pointer; color: var(--accent); }
form { display: grid; gap: 1rem; max-width: 46rem; margin: 1rem 0; }
fieldset { border: 1px solid var(--line); border-radius: .4rem; margin: 0; padding: .5rem 1rem .75rem; min-width: 0; }
.field { display: grid; gap: .25rem; min-width: 0; }
.field label, legend { font-weight: 600; }
.field small, ::placeholder { color: var(--muted); opacity: 1; }
.field .fault { color: var(--bad); font-size: .9rem; }
input, select, textarea { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--muted); border-radius: .3rem; padding: .45rem .6rem; width: 100%; min-width: 0; }
textarea { font-family: ui-monospace, monospace; min-height: 6rem; resize: vertical; }
[aria-invalid] { border: 2px solid var(--bad); }
input[type=checkbox] { width: auto; accent-color: var(--accent); }
.checks { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.checks label { display: inline-flex; gap: .4rem; align-items: center; }
.filters { max-width: none; gap: .75rem 1rem; margin: .5rem 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); align-items: end; }
.filters fieldset, .filters .submit { grid-column: 1 / -1; }
button, a.button { font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: .3rem; padding: .55rem 1.25rem; cursor: pointer; justify-self: start; }
a.button { display: inline-block; text-decoration: none; }
p.fault { color: var(--bad); }
button.danger { background: var(--bad); color: light-dark(#fff, #0d1117); }
img.result { max-width: 100%; height: auto; border: 1px solid var(--line); }
.notebook :is(h3, h4, h5, h6) { font-size: 1.05rem; margin: 1.25rem 0 .25rem; }
.notebook .cell { border-left: .2rem solid var(--line); padding-left: 1rem; margin: 1rem 0; }
.notebook .cell > .muted { margin: 0; font-size: .85rem; }
.notebook pre.output { background: none; border-style: none none none dotted; border-radius: 0; padding: .25rem .75rem; }
.notebook table { width: auto; } .notebook :is(th, td) { padding: .25rem .75rem .25rem 0; }
.notebook img { max-width: 100%; height: auto; background: #fff; } .notebook img.result { display: block; margin: .5rem 0; }
.notebook blockquote { margin: .5rem 0; border-left: .2rem solid var(--line); padding-left: 1rem; color: var(--muted); } .notebook hr { border: 0; border-top: 1px solid var(--line); }
button:is(.sort, .show) { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: left; }
button.draw { color: var(--accent); background: none; border-color: currentcolor; padding: .3rem .75rem; font-weight: 400; }
button.show { color: var(--accent); text-decoration: underline; } button.sort { font-weight: 600; }
[aria-sort=ascending] .sort::after { content: " ▲"; } [aria-sort=descending] .sort::after { content: " ▼"; }
.data { max-height: 30rem; overflow: auto; margin: .5rem 0; } .data :is(th, td) { padding: .25rem .75rem .25rem 0; white-space: nowrap; }
.data thead th { position: sticky; top: 0; background: var(--ground); }
.tree { font-size: .95rem; margin: .5rem 0; } .tree ul { list-style: none; margin: 0; padding-left: 1.25rem; } .tree .key { color: var(--muted); }
.map { height: 24rem; border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; }
.map.leaflet-container { background: var(--raised); font: inherit; color: #1c2430; isolation: isolate; }
.map .land { fill: light-dark(#dfe6d8, #38414d); stroke: var(--muted); stroke-width: .5; fill-opacity: 1; }
.map dl { margin: 0; gap: 0 .75rem; } .map dt { color: #556070; } .map dd { margin: 0; } .map .leaflet-popup-content { overflow: auto; max-height: 14rem; }
.map .leaflet-control-container a { color: #0b5cad; }
main:has(.logs) { max-width: none; }
.log-tools { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; margin: .75rem 0; }
.log-tools label { display: inline-flex; gap: .4rem; align-items: center; } .log-tools .search { display: inline-flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.log-tools input[type=search] { width: 14rem; } .log-tools button { padding: .4rem .8rem; }
.logs { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); } .logs.beside { grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.lines { font: .85rem/1.5 ui-monospace, monospace; background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; margin: .25rem 0; padding: .5rem .5rem .5rem 4.5rem; overflow-x: auto; }
.lines li { white-space: pre; padding-left: .5rem; min-height: 1.5em; } .lines li::marker { color: var(--muted); }
main:has(#wrap:checked) .lines li { white-space: pre-wrap; overflow-wrap: anywhere; }
.lines li:target, .lines li.hit { background: light-dark(#fff3c4, #4a3f12); } .lines li.current { outline: 2px solid var(--accent); }
.bold { font-weight: 700; } .italic { font-style: italic; } .underlined { text-decoration: underline; }
.fg-red { color: var(--bad); } .fg-green { color: var(--good); } .fg-yellow { color: var(--busy); } .fg-blue { color: var(--accent); }
.fg-magenta { color: light-dark(#8a2a8a, #e29be2); } .fg-cyan { color: light-dark(#0b6b75, #7adbe5); }
.bg-red { background: light-dark(#fbdcdc, #5a1d1d); } .bg-green { background: light-dark(#d8f0dd, #1d4a2a); } .bg-yellow { background: light-dark(#f8ebc8, #5a4410); }
.bg-blue { background: light-dark(#d6e6f7, #16395c); } .bg-magenta { background: light-dark(#f4dcf4, #4d1d4d); } .bg-cyan { background: light-dark(#d3eff2, #12454b); }
pre.notice { border-color: var(--bad); }
.counts a { text-decoration: none; } .counts a:not(.status), .counts b { color: var(--text); } .counts .status { font-weight: inherit; } .counts a[aria-current] { font-weight: 650; text-decoration: underline; }
.filterbox { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem 1rem; margin: .75rem 0; }
.filterbox summary { font-weight: 600; }
@supports selector(::details-content) { @media (min-width: 44.01rem) { .filterbox > summary { display: none; } .filterbox::details-content { content-visibility: visible; block-size: auto; } } }
main:has(.jobs) { max-width: 84rem; }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.selection { max-width: none; gap: .5rem; }
.search { grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); align-items: center; gap: .5rem 1rem; }
.jobs time, .jobs small.id, .jobs summary { white-space: nowrap; }
.jobs small.id { display: block; font-weight: 400; color: var(--muted); font-size: .75rem; text-decoration: none; }
.jobs th a { display: inline-block; } .jobs .select { width: 2rem; } .jobs .select input { width: 1.15rem; height: 1.15rem; }
.clamped { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
.languages ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .25rem 0 0; padding: 0; } .languages [aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
.pages { display: flex; gap: 1.5rem; margin: 1rem 0; }
@media (max-width: 44rem) {
  .stacked thead { position: absolute; left: -100rem; }
  .stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td { display: block; }
  .stacked tr { border-bottom: 1px solid var(--line); padding-block: .5rem; }
  .stacked th, .stacked td { border: 0; padding: .15rem 0; }
  .stacked td:empty { display: none; }
  .jobs .select { float: right; width: auto; } .jobs small.id { white-space: normal; }
  .jobs td[data-label] { display: inline-block; margin-right: .75rem; font-size: .9rem; }
  .stacked:not(.jobs) td[data-label]::before { content: attr(data-label) ": "; color: var(--muted); }
}
@media (max-width: 34rem) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .5rem; } }
${formStyles}${jobStyles}`.trimStart();

/** Changes with the stylesheet, so that it may be kept for ever. */
export const STYLESHEET_PATH = `/static/style-${createHash('sha256').update(stylesheet).digest('hex').slice(0, 12)}.css`;
