import { once } from 'node:events';
import { get } from 'node:http';
import { Bed } from './bed.mjs';
import { eventually, pause, percentile } from './measure.mjs';

const LISTENERS = 100;
/** Milliseconds between two changes: more than the server waits before it tells of a job again. */
const SPACING = 250;

/** From the moment at which a change of a job is sent to the API server until each listener has the event of it. */
export async function events(report, { changes, nodeOptions }) {
  const bed = await Bed.start();
  const listeners = [];
  try {
    const server = await bed.startServer({ nodeOptions });
    const jobId = await server.submit('unschedulable', { text: 'x' });
    const before = await server.child.residentMemory();
    for (let n = 0; n < LISTENERS; n += 1) listeners.push(await Listener.open(`${server.url}/jobs/${jobId}/events`));
    report.note(
      `${LISTENERS} listeners take ${((await server.child.residentMemory()) - before).toFixed(0)} MiB of resident memory`,
    );
    const [answers, firsts, lasts, all] = [[], [], [], []];
    const path = `${bed.api.jobs}/pygeoapi-job-${jobId}`;
    const options = { contentType: 'application/merge-patch+json' };
    for (let change = 1; change <= changes; change += 1) {
      const note = `change ${change}`;
      for (const listener of listeners) listener.expect(note);
      const patch = { metadata: { annotations: { 'pygeoapi.io/note': note } } };
      const sent = performance.now();
      await bed.api.text('PATCH', path, patch, options);
      answers.push(performance.now() - sent);
      await eventually(`the event of ${note}`, () => listeners.every(({ at }) => at !== undefined));
      const times = listeners.map(({ at }) => at - sent);
      firsts.push(Math.min(...times));
      lasts.push(Math.max(...times));
      all.push(...times);
      await pause(SPACING);
    }
    report.times('until the API server has answered', answers);
    report.times('until the first listener has it', firsts);
    report.times('until the last listener has it', lasts);
    const p95 = percentile(all, 0.95);
    report.times(`until each of ${LISTENERS} listeners has it`, all);
    const limit = { name: 'change_until_event_p95', most: 50, budget: '50 ms' };
    report.budget(`a change until its event at ${LISTENERS} listeners, p95`, p95, limit);
  } finally {
    for (const listener of listeners) listener.close();
    await bed.stop();
  }
}

/** Notes when a text has come. */
class Listener {
  static async open(url) {
    const listener = new Listener();
    const request = get(url, { agent: false });
    [listener.answer] = await once(request, 'response');
    let end = '';
    listener.answer.setEncoding('utf8').on('data', (text) => {
      end = (end + text).slice(-20_000);
      if (listener.at === undefined && listener.text && end.includes(listener.text)) listener.at = performance.now();
    });
    listener.answer.on('error', () => undefined);
    return listener;
  }

  expect(text) {
    this.at = undefined;
    this.text = `"${text}"`;
  }

  close() {
    this.answer.destroy();
  }
}
