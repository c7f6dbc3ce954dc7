import { ArchiveAwayError, SearchTooLongError } from './archive.js';

/** Milliseconds that a request waits for the archive, however often it asks. */
const LONGEST_WAIT = 2000;

/** How long one request waits for all that it asks of the archive. */
export class Patience {
  private hasAnswered = false;
  private readonly end = performance.now() + LONGEST_WAIT;

  /**
   * Waits for one answer.
   * @throws ArchiveAwayError where there has been no answer yet when the time is over, SearchTooLongError where there has
   */
  async for<T>(ask: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      const error = this.hasAnswered ? new SearchTooLongError() : new ArchiveAwayError();
      timer = setTimeout(() => reject(error), Math.max(0, this.end - performance.now()));
    });
    try {
      const answer = await Promise.race([ask(), over]);
      this.hasAnswered = true;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}
