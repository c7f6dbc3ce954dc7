import { readFile } from 'node:fs/promises';
import type { Child } from './child.js';

/** Resident memory of a process, MiB; NaN where the system has no /proc. */
export async function residentMemory({ process }: Child): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) / 1024);
}

/** Milliseconds of processor time that a process has taken so far; NaN where the system has no /proc. */
export async function processorTime({ process }: Child): Promise<number> {
  const stat = await readFile(`/proc/${process.pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may hold spaces; user and system time are the 14th and 15th field, in ticks of 10 ms.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * 10;
}
