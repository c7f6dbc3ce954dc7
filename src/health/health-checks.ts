import { Injectable } from '@nestjs/common';

export interface HealthCheck {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** What is the matter, or how it is; may hold addresses and names. */
  readonly detail?: string;
  /** What of it anybody may read: what is wrong, not where. Absent: nothing. */
  readonly hint?: string;
}

/** What modules say of themselves when readiness is asked for. */
@Injectable()
export class HealthChecks {
  private readonly checks = new Map<string, () => HealthCheck>();

  add(name: string, check: () => HealthCheck): void {
    this.checks.set(name, check);
  }

  run(): Readonly<Record<string, HealthCheck>> {
    return Object.fromEntries([...this.checks].map(([name, check]) => [name, check()]));
  }
}
