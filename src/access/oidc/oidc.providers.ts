import type { Provider } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { TOKEN_READERS, type TokenReader } from '../identity/identities.js';
import { Sessions } from '../session/sessions.js';
import { IntrospectionReader } from './introspection-reader.js';
import { JwtReader } from './jwt-reader.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { ProviderMetadata } from './provider-metadata.js';
import { SigningKeys } from './signing-keys.js';

/** For injection: undefined where the configuration names no issuer. */
const METADATA = Symbol(ProviderMetadata.name);

/** For the module of what asks who somebody is. */
export const oidcProviders: Provider[] = [
  {
    provide: METADATA,
    inject: [Configuration],
    useFactory: ({ access }: Configuration) => access.rules?.oidc && new ProviderMetadata(access.rules.oidc),
  },
  {
    provide: TOKEN_READERS,
    inject: [Configuration, { token: METADATA, optional: true }],
    useFactory: (configuration: Configuration, provider?: ProviderMetadata) => readersOf(configuration, provider),
  },
  {
    provide: OidcSignIn,
    inject: [Configuration, Sessions, { token: METADATA, optional: true }],
    useFactory: (configuration: Configuration, sessions: Sessions, provider?: ProviderMetadata) =>
      new OidcSignIn(configuration, sessions, provider),
  },
];

function readersOf({ access }: Configuration, provider: ProviderMetadata | undefined): TokenReader[] {
  const { oidc } = access.rules ?? {};
  if (!oidc || !provider) return [];
  const { introspection } = oidc;
  return [
    new JwtReader(oidc, new SigningKeys(provider)),
    ...(introspection ? [new IntrospectionReader(oidc, introspection, provider)] : []),
  ];
}
