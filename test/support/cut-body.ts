import type { Readable, Writable } from 'node:stream';

/**
 * Passes a body on, but for what comes after so many of its bytes: then `broken` is called, once those before are on their way.
 * @param after bytes; a body that has no more is passed on whole
 */
export function passUntil(from: Readable, to: Writable, after: number, broken: () => void): void {
  let passed = 0;
  from.on('data', (chunk: Buffer) => {
    const left = after - passed;
    passed += chunk.length;
    if (chunk.length <= left) {
      if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      return;
    }
    from.pause();
    from.removeAllListeners('data');
    from.removeAllListeners('end');
    to.write(chunk.subarray(0, left), () => setImmediate(broken));
  });
  from.on('end', () => to.end());
}
