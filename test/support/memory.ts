import { readFile } from 'node:fs/promises';
import type { Child } from './child.js';

/** Resident memory of a process, MiB; NaN where the system has no /proc. */
export async function residentMemory({ process }: Child): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) / 1024);
}
