import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { containerHeading, missingLog, podHeading, whyNotRun } from '../jobs/logs/log-document.js';
import type { ContainerRecord, PodRecord } from '../jobs/model/pod-record.js';
import { PrintedResults } from '../jobs/results/printed-results.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { CollectionRoom, type Place } from './collection-room.js';
import { CutLog } from './cut-log.js';
import type { FollowSession } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import type { Doubt } from './log-patience.js';
import { mayBeRotated, wholenessOf, type LogWholeness } from './log-wholeness.js';
import { Spool } from '../jobs/results/spool.js';

/** What an ended pod leaves behind. {@link dispose} frees it. */
export interface CollectedPod {
  /** The log document: headings and logs of all containers. */
  readonly document: Spool;
  /** What the main container's log has of them. */
  readonly results: PrintedResults;
  /** Why the main container's log, and with it any result, cannot be read (any more); undefined where it was read whole. */
  readonly mainLogMissing?: string;
  /** Of the main container's log, as far as it could be read. */
  readonly wholeness: LogWholeness;
  /** Why the main container's log may lack its end, and why those of other containers. */
  readonly doubts: { readonly main: readonly Doubt[]; readonly others: readonly Doubt[] };
  /** Of the main container's log, bytes in which no result could be looked for. */
  readonly unseen: number;
  /** What is left out of the document, and why, for people; one for each container that is concerned. */
  readonly leftOut: readonly string[];
  /** Last lines of each container's log, by name. */
  readonly tails: ReadonlyMap<string, string>;
  dispose(): Promise<void>;
}

/** The last lines of a log that are quoted as a failure's context. */
const TAIL_BYTES = 4096;
const TAIL_LINES = 20;

/** The kubelet answers this, with status 200, in place of the log of a container that it has removed. */
const REMOVED =
  /^(unable to retrieve container logs for [a-z0-9-]+:\/\/\S+|failed to try resolving symlinks in path .{0,400}: no such file or directory)\s*$/;
const LONGEST_REMOVED = 512;

/** What takes a container's log. */
interface Sink {
  write(chunk: Buffer): Promise<void>;
  /** So many bytes come next that were not kept. */
  skip(bytes: number, why: string): Promise<void>;
}

/** Why a log, or the rest of it, cannot be read; `doubtful` where it may be, later. */
interface Missing {
  readonly why: string;
  readonly doubtful: boolean;
}

const INCOMPLETE: Readonly<Record<Exclude<LogWholeness, 'whole'>, string>> = {
  cut: '[the beginning of this log is missing: the node rotates logs, and only the newest part was left]\n',
  unknown: '[the beginning of this log may be missing: the node rotates logs, and nobody watched when it began]\n',
};

/** Reads the logs of all containers of an ended pod, and finds the result in the main one's. */
@Injectable()
export class LogCollector {
  constructor(
    private readonly client: KubernetesClient,
    private readonly heads: LogHeads,
    private readonly room: CollectionRoom,
  ) {}

  /**
   * @param mainContainer name of the container whose log carries the result
   * @param noted when the main container's log began, as {@link wholenessOf} has it
   * @param session what was followed of the pod before it was deleted
   * @throws KubernetesError while a log cannot be read now but may be later; NoRoomError while others have to be stored first
   */
  async collect(
    pod: PodRecord,
    mainContainer: string | undefined,
    noted?: string,
    session?: FollowSession,
  ): Promise<CollectedPod> {
    const document = new Spool();
    // The containers of a pod that is deleted are removed: there is no later.
    const places = [0, 1].map(() => this.room.forReading(!pod.deleting)) as [Place, Place];
    const results = new PrintedResults(places[1]);
    const dispose = async () => {
      await document.dispose();
      await results.dispose();
      for (const place of places) place.leave();
    };
    try {
      const tails = new Map<string, string>();
      let wholeness: LogWholeness = 'whole';
      const others: Doubt[] = [];
      let main: readonly Doubt[] = [];
      let mainLogMissing: string | undefined;
      let unseen = 0;
      const leftOut: string[] = [];
      await document.write(Buffer.from(podHeading(pod)));
      for (const container of pod.containers) {
        const isMain = container.name === mainContainer;
        const tail = new Tail();
        const log = new CutLog(document, places[0]);
        await document.write(Buffer.from(containerHeading(container)));
        const isFollowed = session?.containers.get(container.name)?.state === 'complete';
        const checked = isMain && container.hasRun && !isFollowed && mayBeRotated(container, noted);
        const [missing, found] = await bothOf(
          this.read(pod, container, session, {
            write: async (chunk) => {
              tail.push(chunk);
              await log.write(chunk);
              if (isMain) await results.write(chunk);
            },
            skip: async (bytes, why) => {
              await log.skip(bytes, why);
              if (!isMain) return;
              unseen += bytes;
              await results.skip(bytes, why);
            },
          }),
          checked ? this.firstStamp(pod, container) : undefined,
        );
        await log.finish();
        if (log.leftOut > 0)
          leftOut.push(
            `${log.leftOut} bytes of the log of container ${container.name} of pod ${pod.name} are left out: ${log.why}`,
          );
        if (!tail.endsWithNewline) await document.write(Buffer.from('\n'));
        if (missing) await document.write(Buffer.from(missingLog(missing.why)));
        else if (checked) wholeness = found === undefined ? 'unknown' : wholenessOf(container, noted, found);
        if (isMain) mainLogMissing = missing?.why;
        if (isMain && wholeness !== 'whole') await document.write(Buffer.from(INCOMPLETE[wholeness]));
        const isUnread = missing ? missing.doubtful : checked && found === undefined;
        const doubt = isUnread ? 'unread' : missing || isFollowed ? undefined : tail.doubt;
        if (isMain) main = doubt ? [doubt] : [];
        else if (doubt === 'empty' || doubt === 'unread') others.push(doubt);
        tails.set(container.name, tail.text());
      }
      await results.end();
      if (results.isVerified) main = [];
      if (results.fault?.type === 'result-damaged') main = ['damaged'];
      return {
        document,
        results,
        mainLogMissing,
        wholeness,
        doubts: { main, others },
        unseen,
        leftOut,
        tails,
        dispose,
      };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  /** Undefined where it cannot be told. */
  private async firstStamp(pod: PodRecord, container: ContainerRecord): Promise<string | undefined> {
    try {
      return await this.heads.stampOf(pod.name, container.name);
    } catch (error) {
      // The log itself is then missing, which says more.
      if (whyMissing(error, pod)) return undefined;
      throw error;
    }
  }

  /** @returns undefined where it was read whole */
  private async read(
    pod: PodRecord,
    container: ContainerRecord,
    session: FollowSession | undefined,
    sink: Sink,
  ): Promise<Missing | undefined> {
    if (!container.hasRun) return { why: whyNotRun(container), doubtful: false };
    const followed = session?.containers.get(container.name);
    if (followed?.state === 'complete') {
      await readFollowed(followed.log, sink);
      return undefined;
    }
    const missing = await this.readKept(pod, container, (chunk) => sink.write(chunk));
    if (!missing || !followed || followed.log.spool.size === 0) return missing;
    await readFollowed(followed.log, sink);
    return { ...missing, why: `the rest: following it broke off; ${missing.why}` };
  }

  private async readKept(
    pod: PodRecord,
    container: ContainerRecord,
    write: (chunk: Buffer) => Promise<void>,
  ): Promise<Missing | undefined> {
    let stream: Readable;
    try {
      stream = await this.client.readLog(pod.name, container.name);
    } catch (error) {
      const missing = whyMissing(error, pod);
      if (missing) return missing;
      throw error;
    }
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of stream) {
      if (head === undefined) {
        await write(chunk as Buffer);
        continue;
      }
      head = Buffer.concat([head, chunk as Buffer]);
      if (head.length > LONGEST_REMOVED) {
        await write(head);
        head = undefined;
      }
    }
    if (head === undefined) return undefined;
    const text = head.toString('utf8');
    if (REMOVED.test(text)) {
      // The kubelet says the same while the container runtime does not answer; it does remove containers of pods that are deleted or evicted.
      const doubtful = !pod.deleting && pod.reason !== 'Evicted';
      return { why: `the container has been removed from its node: ${text.trim()}`, doubtful };
    }
    if (head.length > 0) await write(head);
    return undefined;
  }
}

async function readFollowed(log: CutLog, sink: Sink): Promise<void> {
  for await (const chunk of log.spool.stream()) await sink.write(chunk as Buffer);
  const { missing, end } = log.rest();
  await sink.skip(missing, log.why);
  if (end.length > 0) await sink.write(end);
}

/** Undefined where what failed has to be tried again: also what this server may not do, for others can change that. */
function whyMissing(error: unknown, pod: PodRecord): Missing | undefined {
  if (!(error instanceof KubernetesError)) return undefined;
  const doubtful = error.failure === 'not-on-node' && !isNodeGone(pod);
  const isFinal = doubtful || isNodeGone(pod) || !(error.retryable || error.denied);
  return isFinal ? { why: error.words, doubtful } : undefined;
}

/** The node will not come back: Kubernetes' garbage collector of pods has given the pod up. */
function isNodeGone(pod: PodRecord): boolean {
  return pod.disruption?.reason === 'DeletionByPodGC';
}

/** Waits for both, also where one fails: nothing may go on in the background. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B> | undefined): Promise<[A, B | undefined]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

class Tail {
  private kept = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.kept = Buffer.concat([this.kept, chunk.subarray(-TAIL_BYTES)]);
    if (this.kept.length > TAIL_BYTES) this.kept = Buffer.from(this.kept.subarray(-TAIL_BYTES));
  }

  /** Why the log may lack its end. */
  get doubt(): Doubt | undefined {
    if (this.kept.length === 0) return 'empty';
    return this.endsWithNewline ? undefined : 'unfinished';
  }

  get endsWithNewline(): boolean {
    return this.kept.length === 0 || this.kept[this.kept.length - 1] === 0x0a;
  }

  text(): string {
    // A character that the cut split shows as a replacement character at the start: left out.
    const lines = this.kept
      .toString('utf8')
      .replace(/^\uFFFD+/, '')
      .trimEnd()
      .split('\n');
    return lines.slice(-TAIL_LINES).join('\n');
  }
}
