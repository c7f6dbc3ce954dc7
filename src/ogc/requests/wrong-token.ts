const wrong = new WeakSet<object>();

/** Says of a request that it showed a token which is nobody's, where it is answered all the same. */
export function noteWrongToken(request: object): void {
  wrong.add(request);
}

export function hasWrongToken(request: object): boolean {
  return wrong.has(request);
}
