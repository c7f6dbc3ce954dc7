import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { Observer } from '../../observation/observer.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';

/** The longest that Node's timers can wait, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/** Waits for jobs to end, on the informer: no request is made meanwhile. */
@Injectable()
export class JobWaiter implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobWaiter.name);
  private readonly waits = new Set<() => void>();
  private closing = false;

  constructor(
    private readonly cache: JobCache,
    private readonly observer: Observer,
    private readonly configuration: Configuration,
  ) {}

  /** Nothing in a request says that a proxy between will cut it, so that has to be said before. */
  onModuleInit(): void {
    if (this.configuration.server.manager.syncMaxWait !== undefined) return;
    this.logger.warn(
      'server.manager.sync_max_wait is not set: synchronous requests wait without limit, and most proxies cut them ' +
        'after 50 or 60 seconds, so that clients never learn the address of their job. Behind a proxy set it to 45 (docs/operations/behind-a-proxy.md).',
    );
  }

  /**
   * @param milliseconds how long to wait at the most; undefined: without end
   * @param gone ends the wait, as when the client is gone; the job goes on
   * @returns the job as it ended, `running` when the time was over first or the server shuts down, `gone` when it was removed
   */
  waitForEnd(job: JobRecord, milliseconds?: number, gone?: AbortSignal): Promise<JobRecord | 'running' | 'gone'> {
    const began = performance.now();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (value: JobRecord | 'running' | 'gone') => {
        unsubscribe();
        clearTimeout(timer);
        this.waits.delete(giveUp);
        gone?.removeEventListener('abort', giveUp);
        this.observer.syncWait(typeof value === 'string' ? value : 'ended', (performance.now() - began) / 1000);
        resolve(value);
      };
      const giveUp = () => settle('running');
      const look = () => {
        const current = job.fromArchive ? job : this.cache.jobs.get(job.name);
        if (!current || current.uid !== job.uid) return settle('gone');
        const { status } = this.cache.statusOf(current);
        if (status === 'dismissed') settle('gone');
        else if (status === 'successful' || status === 'failed') settle(current);
      };
      const unsubscribe = this.cache.onChange(job.name, look);
      if (milliseconds !== undefined) timer = setTimeout(giveUp, Math.min(milliseconds, MAX_TIMER));
      this.waits.add(giveUp);
      gone?.addEventListener('abort', giveUp);
      if (gone?.aborted) return giveUp();
      look();
      if (this.closing) giveUp();
    });
  }

  /** Who still waits, or comes yet, is told that the job goes on, before connections are closed. */
  beforeApplicationShutdown(): void {
    this.closing = true;
    for (const giveUp of [...this.waits]) giveUp();
  }
}
