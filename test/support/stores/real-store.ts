/** An S3 store that others wrote, in a process of its own. */
export interface RealStore {
  readonly name: string;
  readonly version: string;
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Whether what was written is there again after {@link kill} and {@link restart}. */
  readonly keepsDataOnDisk: boolean;
  /** Of the store's process. */
  readonly pid: number;
  /** By SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
  /** At the same address, with the same folder. */
  restart(): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
}

/** What can be started of a store, in a version that is pinned. */
export interface RealStoreKind {
  readonly name: string;
  readonly version: string;
  readonly keepsDataOnDisk: boolean;
  /** Installs it where it is not installed yet. @param folder empty, for the data */
  start(folder: string): Promise<RealStore>;
}
