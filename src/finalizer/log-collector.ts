import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { containerHeading, missingLog, podHeading, whyNotRun } from '../jobs/log-document.js';
import type { ContainerRecord, PodRecord } from '../jobs/pod-record.js';
import { PrintedResults } from '../jobs/printed-results.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { KubernetesError } from '../k8s/kubernetes-error.js';
import type { FollowSession } from './log-follower.js';
import { Spool } from '../jobs/spool.js';

/** What an ended pod leaves behind. {@link dispose} frees it. */
export interface CollectedPod {
  /** The log document: headings and logs of all containers. */
  readonly document: Spool;
  /** What the main container's log has of them. */
  readonly results: PrintedResults;
  /** Why the main container's log, and with it any result, cannot be read (any more); undefined where it was read whole. */
  readonly mainLogMissing?: string;
  /** The main container's log does not begin as it did: its node rotated it, and only the newest part was left. */
  readonly mainLogCut: boolean;
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

const CUT = '[the beginning of this log is missing: the node rotates logs, and only the newest part was left]\n';

/** Reads the logs of all containers of an ended pod, and finds the result in the main one's. */
@Injectable()
export class LogCollector {
  constructor(private readonly client: KubernetesClient) {}

  /**
   * @param mainContainer name of the container whose log carries the result
   * @param head how the main container's log began while it ran; undefined: not known
   * @param session what was followed of the pod before it was deleted
   * @throws KubernetesError while a log cannot be read now but may be later
   */
  async collect(
    pod: PodRecord,
    mainContainer: string | undefined,
    head?: Buffer,
    session?: FollowSession,
  ): Promise<CollectedPod> {
    const document = new Spool();
    const results = new PrintedResults();
    const dispose = async () => {
      await document.dispose();
      await results.dispose();
    };
    try {
      const tails = new Map<string, string>();
      const beginning = new Beginning(head);
      let mainLogMissing: string | undefined;
      await document.write(Buffer.from(podHeading(pod)));
      for (const container of pod.containers) {
        const isMain = container.name === mainContainer;
        const tail = new Tail();
        await document.write(Buffer.from(containerHeading(container)));
        const missing = await this.read(pod, container, session, async (chunk) => {
          tail.push(chunk);
          await document.write(chunk);
          if (!isMain) return;
          beginning.push(chunk);
          await results.write(chunk);
        });
        if (!tail.endsWithNewline) await document.write(Buffer.from('\n'));
        if (missing !== undefined) await document.write(Buffer.from(missingLog(missing)));
        if (isMain && missing !== undefined) mainLogMissing = missing;
        if (isMain && missing === undefined && beginning.isAnother) await document.write(Buffer.from(CUT));
        tails.set(container.name, tail.text());
      }
      await results.end();
      const mainLogCut = mainLogMissing === undefined && beginning.isAnother;
      return { document, results, mainLogMissing, mainLogCut, tails, dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  /** @returns why the log is missing or not known to be whole, undefined where it was read whole */
  private async read(
    pod: PodRecord,
    container: ContainerRecord,
    session: FollowSession | undefined,
    write: (chunk: Buffer) => Promise<void>,
  ): Promise<string | undefined> {
    if (!container.hasRun) return whyNotRun(container);
    const followed = session?.containers.get(container.name);
    if (followed?.state === 'complete') {
      for await (const chunk of followed.spool.stream()) await write(chunk as Buffer);
      return undefined;
    }
    const missing = await this.readKept(pod, container, write);
    if (missing === undefined || !followed || followed.spool.size === 0) return missing;
    for await (const chunk of followed.spool.stream()) await write(chunk as Buffer);
    return `the rest: following it broke off; ${missing}`;
  }

  private async readKept(
    pod: PodRecord,
    container: ContainerRecord,
    write: (chunk: Buffer) => Promise<void>,
  ): Promise<string | undefined> {
    let stream: Readable;
    try {
      stream = await this.client.readLog(pod.name, container.name);
    } catch (error) {
      if (error instanceof KubernetesError && (!error.retryable || isNodeGone(pod))) return error.message;
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
    if (REMOVED.test(text)) return `the container has been removed from its node: ${text.trim()}`;
    if (head.length > 0) await write(head);
    return undefined;
  }
}

/** The node will not come back: Kubernetes' garbage collector of pods has given the pod up. */
function isNodeGone(pod: PodRecord): boolean {
  return pod.disruption?.reason === 'DeletionByPodGC';
}

/** Whether a log begins as it did. */
class Beginning {
  private seen = Buffer.alloc(0);

  constructor(private readonly expected: Buffer = Buffer.alloc(0)) {}

  push(chunk: Buffer): void {
    const wanting = this.expected.length - this.seen.length;
    if (wanting > 0) this.seen = Buffer.concat([this.seen, chunk.subarray(0, wanting)]);
  }

  get isAnother(): boolean {
    return !this.seen.equals(this.expected);
  }
}

class Tail {
  private kept = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.kept = Buffer.concat([this.kept, chunk.subarray(-TAIL_BYTES)]);
    if (this.kept.length > TAIL_BYTES) this.kept = Buffer.from(this.kept.subarray(-TAIL_BYTES));
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
