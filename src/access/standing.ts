import { Injectable } from '@nestjs/common';
import { UnavailableError } from '../ogc/domain-errors.js';
import type { Caller } from './caller.js';
import { Identities } from './identity/identities.js';
import { Sessions } from './session/sessions.js';

/** Whether callers are who they were when they came: asked of answers that take long. */
@Injectable()
export class Standing {
  constructor(
    private readonly identities: Identities,
    private readonly sessions: Sessions,
  ) {}

  /** Whether their token, or their session, is still one; where that cannot be told now, it is. */
  async holds({ token, session, identity, address }: Caller): Promise<boolean> {
    if (session) return this.sessions.holds(session);
    const { rules } = this.identities;
    if (!rules || !identity || token === undefined) return true;
    try {
      const now = await this.identities.of(token, address);
      return rules.ownerOf(now) === rules.ownerOf(identity);
    } catch (error) {
      return error instanceof UnavailableError;
    }
  }
}
