/**
 * Loaded into the server by `--import`: where the time of its executions goes, seen through Node's diagnostics channels; the server knows nothing of it.
 * Where it is asked to end it prints one line of JSON after the word `request-times`. True for one request at a time.
 */
import { subscribe } from 'node:diagnostics_channel';

const [before, during, after] = [[], [], []];
let received;
let sent;
let answered;

subscribe('http.server.request.start', ({ request }) => {
  if (request.method === 'POST') [received, answered] = [performance.now(), undefined];
});
subscribe('undici:request:create', ({ request }) => {
  if (isCreation(request)) sent = performance.now();
});
subscribe('undici:request:trailers', ({ request }) => {
  if (isCreation(request)) answered = performance.now();
});
subscribe('http.server.response.finish', ({ request }) => {
  if (request.method !== 'POST' || answered === undefined) return;
  before.push(sent - received);
  during.push(answered - sent);
  after.push(performance.now() - answered);
});
process.once('SIGTERM', () => console.log(`request-times ${JSON.stringify({ before, during, after })}`));

function isCreation({ method, path }) {
  return method === 'POST' && path.endsWith('/jobs');
}
