interface Lines {
  error(text: string, ...further: unknown[]): void;
  log(text: string): void;
}

interface Cause {
  readonly message: string;
  readonly keys: Set<string>;
}

/**
 * Says each cause of failure once, however many keys meet it however often, and once more when the last of them has got over it. Failures of one kind (`failure` of the errors of
 * Kubernetes and of the object store) are one cause, whatever object each of them names.
 */
export class FailureLog {
  private readonly causes = new Map<string, Cause>();

  constructor(private readonly lines: Lines) {}

  failed(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const kind = kindOf(error) ?? message;
    this.forget(key, kind);
    const known = this.causes.get(kind);
    if (known) {
      known.keys.add(key);
      return;
    }
    this.causes.set(kind, { message, keys: new Set([key]) });
    const unforeseen = kindOf(error) === undefined && error instanceof Error ? [error] : [];
    this.lines.error(`${key} failed and is tried again, as is all else that meets this: ${message}`, ...unforeseen);
  }

  succeeded(key: string): void {
    this.forget(key);
  }

  /** Causes that keys are held up by now, each as it was first met, with how many. */
  current(): ReadonlyMap<string, number> {
    return new Map([...this.causes.values()].map(({ message, keys }) => [message, keys.size]));
  }

  private forget(key: string, except?: string): void {
    for (const [kind, { message, keys }] of this.causes) {
      if (kind === except || !keys.delete(key) || keys.size > 0) continue;
      this.causes.delete(kind);
      this.lines.log(`Over: ${message}`);
    }
  }
}

function kindOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('failure' in error)) return undefined;
  return `${error.name} ${String(error.failure)}`;
}
