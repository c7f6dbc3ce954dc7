// Loaded into a server under test by `NODE_OPTIONS=--import`: prints "routes: JSON" on its error output, every `METHOD /path` that its router has once
// it is ready.
import { subscribe } from 'node:diagnostics_channel';

subscribe('fastify.initialization', ({ fastify }) => {
  const routes = new Set();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.add(`${each} ${url}`);
  });
  fastify.addHook('onListen', async () => void process.stderr.write(`routes: ${JSON.stringify([...routes])}\n`));
});
