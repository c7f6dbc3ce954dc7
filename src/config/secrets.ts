import type { Configuration } from './configuration.js';
import { tokensIn } from './sections/access/tokens-in.js';

/** All that the configuration holds and nobody is to read. */
export function secretsOf({ environment, pubsub, access, archive }: Configuration): readonly (string | undefined)[] {
  const { apiToken, signingKeys = [], bucket, subscribers, metrics } = environment;
  const { tokens = [], oidc } = access.rules ?? {};
  return [
    ...[apiToken, metrics.token, ...signingKeys, ...(access.keys ?? []), ...subscribers.secrets],
    ...[...tokens.flatMap(({ token = '' }) => tokensIn(token)), oidc?.client?.secret, oidc?.introspection?.secret],
    ...[pubsub?.password, archive?.password, bucket.key, bucket.secret, bucket.sessionToken],
  ];
}
