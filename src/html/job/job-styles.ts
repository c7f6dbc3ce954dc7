/** Of the page of a job, and of forms that are filled as for one. */
export const jobStyles = `
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.elapsed { color: var(--muted); margin-left: .5rem; }
.steps { list-style: none; padding: 0; margin: .5rem 0; }
.steps li { border-left: .2rem solid var(--line); padding: .15rem 0 .15rem 1rem; }
.steps .done { border-color: var(--good); } .steps .bad { border-color: var(--bad); }
.steps .current { border-color: var(--busy); font-weight: 600; } .steps .current small { font-weight: 400; }
.steps .coming { color: var(--muted); }
.value { white-space: pre-wrap; overflow-wrap: anywhere; }
.notice.plain { border-color: var(--accent); }
`.trimStart();
