import type { Configuration } from '../../config/configuration.js';
import { defaultLinksMaxDays } from '../../config/sections/access/access.section.js';
import { NotAvailableError } from '../../ogc/domain-errors.js';
import type { Share, Shared } from '../../ogc/requests/share.js';
import { accessSecrets, derivedKey } from '../session/session-keys.js';
import type { Sessions } from '../session/sessions.js';
import { type OpenedShare, ShareSeal } from './share-seal.js';

/** Of what is derived for links: from the same secret other labels make other keys. */
const LABEL = 'processes.pygeoapi.io/share';
export const SECONDS_OF_DAY = 24 * 3600;

/** Seconds that a link holds where nothing is said. */
export const DEFAULT_SECONDS = 7 * SECONDS_OF_DAY;

/** Links that open one job's results, or its page, to whoever has them; a replica knows those of the others by the key that they share. */
export class Shares {
  private readonly seal: ShareSeal | undefined;
  /** Seconds. */
  readonly longest: number;
  /** Why there are none; undefined: there are. */
  readonly whyOff: string | undefined;

  /**
   * @param sessions where nobody can sign in there is nobody whose jobs others could not see, or no key
   * @param embedded as of {@link Sessions}
   * @param now for tests
   */
  constructor(
    configuration: Pick<Configuration, 'access' | 'environment'>,
    embedded: boolean,
    sessions: Pick<Sessions, 'whyOff'>,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.longest = (configuration.access.linksMaxDays ?? defaultLinksMaxDays) * SECONDS_OF_DAY;
    this.whyOff = sessions.whyOff;
    if (this.whyOff !== undefined) return;
    const [first, ...others] = accessSecrets(configuration, embedded).map((secret) => derivedKey(secret, LABEL));
    if (first) this.seal = new ShareSeal([first, ...others], now);
  }

  /**
   * A token that holds for so many seconds, at the addresses of the job.
   * @throws NotAvailableError where there are no links
   */
  make({ jobId, uid }: { readonly jobId: string; readonly uid: string }, what: Shared, seconds: number): Share {
    if (!this.seal) throw new NotAvailableError(`This server makes no links for others: ${this.whyOff}.`);
    const end = new Date((Math.floor(this.now().getTime() / 1000) + seconds) * 1000);
    return { jobId, uid, for: what, end, token: this.seal.seal({ jobId, uid, for: what, end }) };
  }

  /** As {@link ShareSeal.open}; undefined, too, where there are no links. */
  open(token: string, jobId: string): OpenedShare | undefined {
    return this.seal?.open(token, jobId);
  }
}
