import { systemClock, type Clock } from './clock.js';

/** `Date` headers have whole seconds, cut off. */
const HEADER_PRECISION = 1000;

/**
 * The time as the API server has it, by which the times in Kubernetes' objects are: this machine's clock while the two agree, else what the `Date` headers of the API server's answers
 * say (RFC 9110, section 6.6.1). A deadline is so neither missed nor hit because the clock of this machine is wrong, or jumps.
 */
export class ClusterClock {
  /** Between these is what has to be added to the clock that never jumps. */
  private bounds: { readonly low: number; readonly high: number } | undefined;

  constructor(
    private readonly clock: Clock = systemClock,
    private readonly wallClock: () => number = Date.now,
  ) {}

  now(): Date {
    const steady = this.clock.now();
    const own = this.wallClock() - steady;
    const { low = own, high = own } = this.bounds ?? {};
    return new Date(steady + Math.min(Math.max(own, low), high));
  }

  /** Milliseconds of the clock that never jumps, for {@link answered}. */
  asks(): number {
    return this.clock.now();
  }

  /**
   * Takes note of an answer.
   * @param date its `Date` header; what is no date is passed over
   * @param asked what {@link asks} gave when the request was sent
   */
  answered(date: string | undefined, asked: number): void {
    const time = date === undefined ? NaN : Date.parse(date);
    if (Number.isNaN(time)) return;
    this.bounds = { low: time - this.clock.now(), high: time + HEADER_PRECISION - asked };
  }
}
