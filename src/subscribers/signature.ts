import { createHmac } from 'node:crypto';

/**
 * The headers of a signed message by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 of id, time and body, by each secret.
 * @param secrets each `whsec_` and base64; none: the message is not signed
 */
export function webhookHeaders(
  messageId: string,
  body: Buffer,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signatures = secrets.map((secret) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(`${messageId}.${timestamp}.`)
      .update(body)
      .digest('base64'),
  );
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    ...(signatures.length > 0
      ? { 'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' ') }
      : {}),
  };
}
