/** No cluster can be used as configured; the message says what was looked for and what to do. The server does not start. */
export class ClusterConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterConnectionError';
  }
}
