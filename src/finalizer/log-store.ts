import { Injectable } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { logKeyStem } from '../jobs/logs/log-document.js';
import type { StoredLog } from '../jobs/model/job-outcome.js';
import { isOwnKey } from '../jobs/model/annotations/own-keys.js';
import { lacksStore, ObjectStore, ObjectStoreError } from '../object-store/object-store.js';
import { putWhole } from '../object-store/whole-object.js';
import type { Spool } from '../jobs/results/spool.js';
import { StorePlaces } from './store-places.js';

/** Metadata by which an object is known to be this pod's. */
const POD_UID = 'pod-uid';
/** More pods of one job than this are a fault, not a retry. */
const MOST_DUPLICATES = 1000;

/** Where a job's log and result stand in the object store. */
@Injectable()
export class LogStore {
  private readonly prefix: string;

  constructor(
    private readonly store: ObjectStore,
    private readonly places: StorePlaces,
    configuration: Configuration,
  ) {
    this.prefix = configuration.environment.bucket.pathPrefix;
  }

  /**
   * Stores a pod's log under the predecessor's key, `<prefix>YYYY-MM-DD_<jobname>-logs.txt`, and never over another's. Storing the same pod's log again changes
   * nothing, unless what stands there is not whole.
   * @param finished its date in UTC stands in the key
   * @returns what stands there: of the same pod, it may have been read before, when more of it was left
   * @throws ObjectStoreError
   */
  storeLog(jobName: string, podUid: string, finished: Date, log: Spool): Promise<StoredLog> {
    return this.put(logKeyStem(this.prefix, jobName, finished), '.txt', podUid, log, 'text/plain; charset=utf-8');
  }

  /**
   * Stores a result beside the log. Storing the same result of the same pod again changes nothing.
   * @param outputId undefined: the result without a name
   * @returns the key used
   * @throws ObjectStoreError
   */
  async storeResult(
    jobName: string,
    podUid: string,
    finished: Date,
    result: Spool,
    mediaType: string,
    outputId?: string,
  ): Promise<string> {
    const stem = `${this.prefix}${dateOf(finished)}_${jobName}-result${outputId === undefined ? '' : `-${keySafe(outputId)}`}`;
    return (await this.put(stem, '', podUid, result, mediaType, (sha256) => sha256 === result.digest())).key;
  }

  /**
   * Removes a result; nothing happens when it is gone, or there is no store. Annotations are in the hands of everybody who may edit Jobs: what is no result of this job is left alone.
   * @throws ObjectStoreError
   */
  async removeResult(jobName: string, key: string): Promise<void> {
    if (!isOwnKey('result', key, jobName, undefined)) return;
    try {
      await this.store.remove(key);
    } catch (error) {
      if (!lacksStore(error)) throw error;
    }
  }

  /**
   * Removes the log of an attempt that is noted no more; nothing happens when it is gone. What is no log of this job is left alone.
   * @throws ObjectStoreError
   */
  async removeLog(jobName: string, key: string): Promise<void> {
    if (isOwnKey('log', key, jobName, this.prefix)) await this.store.remove(key);
  }

  private put(...object: Parameters<LogStore['putNow']>): Promise<StoredLog> {
    return this.places.within(() => this.putNow(...object));
  }

  private async putNow(
    stem: string,
    suffix: string,
    podUid: string,
    spool: Spool,
    contentType: string,
    isSame: (sha256: string) => boolean = () => true,
  ): Promise<StoredLog> {
    const object = {
      contentType,
      size: spool.size,
      sha256: spool.digest(),
      body: () => spool.stream(),
      owner: { [POD_UID]: podUid },
    };
    for (let attempt = 0; attempt < MOST_DUPLICATES; attempt += 1) {
      const key = `${stem}${duplicateMark(attempt)}${suffix}`;
      const kept = await putWhole(this.store, key, object);
      if (kept && isSame(kept.sha256)) return { key, size: kept.size, digest: `sha256:${kept.sha256}` };
    }
    throw new ObjectStoreError('failed', `There are ${MOST_DUPLICATES} objects named ${stem}… already.`, false);
  }
}

/** An output's id in a key, a different one for each: what may mean something to a store or a shell is given by its bytes. */
function keySafe(id: string): string {
  return id.replace(/[^A-Za-z0-9._-]/gu, (character) => `~${Buffer.from(character).toString('hex')}`);
}

/** `.duplicate` as the predecessor had it, then `.duplicate-2` and so on. */
function duplicateMark(attempt: number): string {
  if (attempt === 0) return '';
  return attempt === 1 ? '.duplicate' : `.duplicate-${attempt}`;
}

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
