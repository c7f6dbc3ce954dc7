import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { asS3Failure, lacksObject } from '../s3-failures.js';
import { unknownCapabilities, type Found, type StoreCapabilities } from '../store-capabilities.js';
import { StoreFindings } from '../store-findings.js';
import { sendWhole, sign } from './signed-request.js';
import { StoreProbe, type ProbedBucket } from './store-probe.js';

/** Goes up with what the probe tries, so that a new server tries again. */
const PROBE = 1;
/** What was found counts for so long, milliseconds: few stores say their version. */
const COUNTS = 7 * 24 * 60 * 60 * 1000;
/** For one request, milliseconds. */
const PATIENCE = 30_000;

interface Recorded {
  readonly probe: number;
  /** The bucket and where it is: its objects may have been copied from elsewhere. */
  readonly of: string;
  /** The store's header `Server`. */
  readonly server: string;
  readonly at: string;
  readonly found: StoreCapabilities;
}

/** Kept in the object `found.json` under the probe's prefix. */
export class S3StoreFindings extends StoreFindings {
  /**
   * @param prefix of everything that it writes; ends with `/`
   * @param now milliseconds
   */
  constructor(
    private readonly probed: ProbedBucket,
    private readonly prefix: string,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override get description(): string {
    return this.probed.description;
  }

  override async recorded(): Promise<StoreCapabilities | undefined> {
    const record = await this.read();
    if (record?.probe !== PROBE || record.of !== this.description) return undefined;
    const age = this.now() - Date.parse(record.at ?? '');
    if (!(age < COUNTS) || record.server !== (await this.server())) return undefined;
    return knownOf(record.found);
  }

  override async find(signal: AbortSignal): Promise<StoreCapabilities> {
    const server = await this.server();
    const found = await new StoreProbe(this.probed, this.prefix).run(signal);
    const at = new Date(this.now()).toISOString();
    await this.write({ probe: PROBE, of: this.description, server, at, found });
    return found;
  }

  private get object(): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.probed.bucket, Key: `${this.prefix}found.json` };
  }

  /** What cannot be read, or is none of ours, is as good as none. */
  private async read(): Promise<Partial<Recorded> | undefined> {
    const { client } = this.probed;
    try {
      const { Body } = await client.send(new GetObjectCommand(this.object), within());
      const content: unknown = JSON.parse((await Body?.transformToString()) ?? '');
      return typeof content === 'object' && content !== null ? content : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || lacksObject(error)) return undefined;
      const failure = asS3Failure(error, this.description, 'read what was found out about the store');
      if (failure.failure === 'denied') return undefined;
      throw failure;
    }
  }

  /** Where it may not be written each leader finds out again, and the other replicas do not know. */
  private async write(record: Recorded): Promise<void> {
    const body = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
    const put = new PutObjectCommand({ ...this.object, Body: body, ContentType: 'application/json' });
    await this.probed.client.send(put, within()).catch((error: unknown) => {
      const failure = asS3Failure(error, this.description, 'record what was found out about the store');
      if (failure.failure !== 'denied') throw failure;
    });
  }

  private async server(): Promise<string> {
    const { client, bucket } = this.probed;
    const request = await sign(client, new HeadBucketCommand({ Bucket: bucket }));
    const { server = '' } = await sendWhole(request, Buffer.alloc(0), AbortSignal.timeout(PATIENCE)).catch(
      (error: unknown) => {
        throw asS3Failure(error, this.description, 'ask the store for its version');
      },
    );
    return server;
  }
}

function within(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(PATIENCE) };
}

/** Takes nothing on trust: whoever may write to the bucket may have written this. */
function knownOf(found: unknown): StoreCapabilities {
  const given = (typeof found === 'object' && found !== null ? found : {}) as Readonly<Record<string, unknown>>;
  const known = (value: unknown): Found => (value === 'yes' || value === 'no' ? value : 'unknown');
  const names = Object.keys(unknownCapabilities);
  return Object.fromEntries(names.map((name) => [name, known(given[name])])) as unknown as StoreCapabilities;
}
