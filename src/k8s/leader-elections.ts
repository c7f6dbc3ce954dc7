import type { ApiTransport } from './api-transport.js';
import { LeaderElection } from './leader-election.js';
import { ApiLeaseStore } from './leases.js';

/**
 * Makes further elections, each with a Lease of its own in the server's namespace, for work that need not be done by the replica that leads the jobs (and cannot, in a
 * deployment beside that one). Provide what it makes, so that Nest stops it with the application.
 */
export class LeaderElections {
  constructor(
    private readonly transport: ApiTransport,
    private readonly namespace: string,
  ) {}

  create(leaseName: string): LeaderElection {
    return new LeaderElection(new ApiLeaseStore(this.transport, this.namespace, leaseName));
  }
}
