/**
 * What a timer is to do, for whom nobody waits: what it throws, on a full disk say, would end the process.
 * @param onError is told of it in its place
 */
export function unattended(action: () => void, onError: (error: unknown) => void): () => void {
  return () => {
    try {
      action();
    } catch (error) {
      onError(error);
    }
  };
}
