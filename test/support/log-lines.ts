/** A line of a server's log in its JSON form. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly logger: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly jobId?: string;
  readonly processId?: string;
  readonly resource?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly http?: { readonly method: string; readonly path: string; readonly status: number };
  readonly err?: { readonly type: string; readonly stack: string };
}

/** The lines of the log in what a server has printed: all but those that say what it stands on and where it listens. */
export function logLines(output = ''): LogLine[] {
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => !/^(cluster|object store|visualisations|listening on|costs at)\b/.test(line))
    .map((line) => JSON.parse(line) as LogLine);
}
