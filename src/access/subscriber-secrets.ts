import { Inject, Injectable } from '@nestjs/common';
import { hkdfSync } from 'node:crypto';
import { Configuration } from '../config/configuration.js';
import type { Identity } from '../ogc/requests/identity.js';
import { Identities } from './identity/identities.js';

/** Of what is derived for an owner: from the same secret other labels make other keys. */
const LABEL = 'processes.pygeoapi.io/subscriber';
/** Bytes of a secret, as Standard Webhooks recommends. */
const LENGTH = 32;

/**
 * The secrets that calls to subscribers are signed by (`SUBSCRIBER_SIGNING_SECRET`): where there are roles each owner of jobs has its own,
 * so that nobody who knows one can sign what another's subscriber takes; else those of the server.
 */
@Injectable()
export class SubscriberSecrets {
  private readonly secrets: readonly string[];

  constructor(
    @Inject(Configuration) { environment }: Pick<Configuration, 'environment'>,
    @Inject(Identities) private readonly identities: Pick<Identities, 'rules'>,
  ) {
    this.secrets = environment.subscribers.secrets;
  }

  /**
   * By which calls of a job are signed: one for each secret of the server, so that they change as that does.
   * @param owner of the job; undefined: nobody's, whose calls the server's secrets sign
   * @returns each `whsec_` and base64; none: calls are not signed
   */
  ofOwner(owner: string | undefined): readonly string[] {
    if (!this.identities.rules || owner === undefined) return this.secrets;
    return this.secrets.map((secret) => derived(secret, owner));
  }

  /**
   * The secret that the calls of somebody's jobs can be checked by, for nobody but them to see.
   * @returns undefined where calls are not signed, where there are no roles, and for those who show nothing, who are everybody
   */
  subscriberSecretOf(identity: Identity | undefined): string | undefined {
    const { rules } = this.identities;
    return rules && identity ? this.ofOwner(rules.ownerOf(identity))[0] : undefined;
  }
}

/** HKDF-SHA-256 (RFC 5869) of the secret's bytes. */
function derived(secret: string, owner: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `whsec_${Buffer.from(hkdfSync('sha256', key, '', `${LABEL}/${owner}`, LENGTH)).toString('base64')}`;
}
