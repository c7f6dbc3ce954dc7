import { deployedBy } from './deployment.js';

// A Service chooses the replica for each connection: with one that is kept, all requests of a suite would go to the same replica.
if (deployedBy) {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('connection', 'close');
    return fetch(input, { ...init, headers });
  };
}
