import { deployedBy } from './deployment.js';

/** Documents; anything else may be followed, or large. */
const DOCUMENT = /^(application\/(.+\+)?json|text\/html)\b/;

// A Service chooses the replica for each connection: with one that is kept, all requests of a suite would go to the same replica.
if (deployedBy) {
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('connection', 'close');
    const response = await fetch(input, { ...init, headers });
    // Node's client fails where a body of more than 64 KiB is not read and the server closes; many tests look at the status alone.
    if (DOCUMENT.test(response.headers.get('content-type') ?? '')) await response.clone().arrayBuffer();
    return response;
  };
}
