import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What tells a process from a later one with the same id: the boot and the time of its start since then. Undefined where there is no `/proc`, or no such process.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name (second field, in parentheses) may contain anything; the start time is the 22nd field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    return fields[0] === 'Z' ? undefined : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** The children that run, one file each, so that those a crashed process has left can be found, and no other process is taken for one. */
export class ChildLedger {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** A child that cannot be noted, on a full disk, runs all the same: only after a crash it would not be found. */
  add(pid: number): void {
    try {
      writeFileSync(path.join(this.folder, String(pid)), processIdentity(pid) ?? '', { mode: 0o600 });
    } catch {
      // It is running, and ends with its pod.
    }
  }

  remove(pid: number): void {
    rmSync(path.join(this.folder, String(pid)), { force: true });
  }

  /** Kills the process groups of the children that are left, and forgets them. @returns how many were alive */
  killLeftOver(): number {
    let killed = 0;
    for (const name of readdirSync(this.folder)) {
      const identity = readFileSync(path.join(this.folder, name), 'utf8');
      if (identity !== '' && processIdentity(Number(name)) === identity && killGroup(Number(name), 'SIGKILL')) killed++;
      rmSync(path.join(this.folder, name));
    }
    return killed;
  }
}

/** @returns whether there was such a group */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
