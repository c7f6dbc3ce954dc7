// Loaded into a server under test by `NODE_OPTIONS=--import`: measures what its main thread does, in processor time, so that other
// programs on the machine do not count. Prints "costs at URL" on its error output. `GET /`: what there was since the last time, see `Cost` in hostile-bed.ts.
// `POST /parse`: what `JSON.parse` of the body costs this process.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { isMainThread } from 'node:worker_threads';

/** Processor time of this thread, ms. */
const threadTime = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
/** Processor time of the whole process, ms. */
const processTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

if (isMainThread && /\bmain\.js$/.test(process.argv[1] ?? '')) {
  let longestStop = 0;
  let memory = 0;
  let since = processTime();
  let last = threadTime();
  const look = () => {
    const now = threadTime();
    longestStop = Math.max(longestStop, now - last);
    last = now;
    memory = Math.max(memory, process.memoryUsage.rss());
  };
  setInterval(look, 2).unref();

  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.method === 'POST') {
        const text = (await buffer(request)).toString();
        const before = threadTime();
        JSON.parse(text);
        const longest = threadTime() - before;
        last = threadTime();
        return { longestStop: longest };
      }
      look();
      const now = processTime();
      const found = { processorTime: now - since, longestStop, memory: memory / 2 ** 20 };
      longestStop = 0;
      memory = process.memoryUsage.rss();
      since = now;
      return found;
    };
    void answer().then((body) => response.end(JSON.stringify(body)));
  });
  server.listen(0, '127.0.0.1', () => process.stderr.write(`costs at http://127.0.0.1:${server.address().port}\n`));
  server.unref();
}
