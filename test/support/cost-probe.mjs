// Loaded into a server under test by `NODE_OPTIONS=--import`: measures what its main thread does, in processor time, so that other
// programs on the machine do not count. Prints "costs at URL" on its error output. `GET /`: what there was since the last time, see `Cost` in hostile-bed.ts.
// Garbage of before is collected first, so that it is none of what comes next. `POST /parse`: what `JSON.parse` of the body costs this
// process, by doing it so often that the steps of the clock are lost.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

/** Steps of the clock of processor time may be of 10 ms. */
const ENOUGH = 200;

if (isMainThread && /\bmain\.js$/.test(process.argv[1] ?? '')) {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
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
        let times = 0;
        for (; threadTime() - before < ENOUGH || times === 0; times += 1) JSON.parse(text);
        last = threadTime();
        return { longestStop: (last - before) / times };
      }
      look();
      const found = { processorTime: processTime() - since, longestStop, memory: memory / 2 ** 20 };
      collectGarbage();
      longestStop = 0;
      memory = process.memoryUsage.rss();
      last = threadTime();
      since = processTime();
      return found;
    };
    void answer().then((body) => response.end(JSON.stringify(body)));
  });
  server.listen(0, '127.0.0.1', () => process.stderr.write(`costs at http://127.0.0.1:${server.address().port}\n`));
  server.unref();
}
