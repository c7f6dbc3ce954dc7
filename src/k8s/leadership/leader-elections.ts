import type { ApiTransport } from '../client/api-transport.js';
import { LeaderElection } from './leader-election.js';
import { ApiLeaseStore } from './leases.js';

/**
 * Makes elections, each with a Lease of its own in the server's namespace, and knows them: work that need not be done by the replica that leads the jobs (and cannot, in a
 * deployment beside that one) has its own. Provide what it makes, so that Nest stops it with the application.
 */
export class LeaderElections {
  readonly #elections: LeaderElection[] = [];

  constructor(
    private readonly transport: ApiTransport,
    private readonly namespace: string,
  ) {}

  create(leaseName: string): LeaderElection {
    const election = new LeaderElection(new ApiLeaseStore(this.transport, this.namespace, leaseName));
    this.#elections.push(election);
    return election;
  }

  /** Those that have been started: nobody has work for the leader of another. */
  started(): readonly LeaderElection[] {
    return this.#elections.filter(({ isStarted }) => isStarted);
  }
}
