interface Lines {
  error(text: string): void;
  log(text: string): void;
}

/** Says each cause of failure once, however many keys meet it however often, and once more when the last of them has got over it. */
export class FailureLog {
  private readonly keysByCause = new Map<string, Set<string>>();

  constructor(private readonly lines: Lines) {}

  failed(key: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.forget(key, cause);
    const keys = this.keysByCause.get(cause);
    if (keys) {
      keys.add(key);
      return;
    }
    this.keysByCause.set(cause, new Set([key]));
    this.lines.error(`${key} failed and is tried again, as is all else that meets this: ${cause}`);
  }

  succeeded(key: string): void {
    this.forget(key);
  }

  /** Causes that keys are held up by now, with how many. */
  current(): ReadonlyMap<string, number> {
    return new Map([...this.keysByCause].map(([cause, keys]) => [cause, keys.size]));
  }

  private forget(key: string, except?: string): void {
    for (const [cause, keys] of this.keysByCause) {
      if (cause === except || !keys.delete(key) || keys.size > 0) continue;
      this.keysByCause.delete(cause);
      this.lines.log(`Over: ${cause}`);
    }
  }
}
