import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whom containers run as, in numbers; never root, nor its group. Node leaves such a process no supplementary group, and Linux no capability. */
export interface ChildUser {
  readonly uid: number;
  readonly gid: number;
}

/** One less than what stands for "no change" in setuid(2). */
const MAX_ID = 2 ** 32 - 2;

/**
 * @param text `UID`, `UID:GID`, or the name of a user. Without a group it is the user's own; of a number that is no user's, the same number
 * @throws Error where this process is not root's, there is no such user, or it is root
 */
export async function findChildUser(text: string): Promise<ChildUser> {
  if (process.geteuid?.() !== 0)
    throw new Error(`only root can run jobs as another user (${text}); leave --run-as away`);
  const [user = '', group] = text.split(':');
  const isNumber = /^\d+$/.test(user);
  const uid = isNumber ? Number(user) : await idOf('-u', user);
  if (uid === undefined) throw new Error(`there is no user ${user} on this machine (--run-as)`);
  const gid = group === undefined ? ((await idOf('-g', user)) ?? uid) : Number(group);
  if (Number.isNaN(gid)) throw new Error(`--run-as ${text}: the group must be a number`);
  if (uid === 0 || gid === 0) throw new Error(`--run-as ${text} is root or its group; name another user`);
  if (uid > MAX_ID || gid > MAX_ID) throw new Error(`--run-as ${text}: the largest number of a user is ${MAX_ID}`);
  return { uid, gid };
}

/** @throws Error that names the first folder or file, of these and of those above them, that the user may not search or execute */
export async function checkReach(user: ChildUser, places: readonly string[]): Promise<void> {
  const all = [...new Set(places.flatMap((place) => [...foldersAbove(place), place]))];
  const script = 'for place; do [ -x "$place" ] || { printf "%s" "$place"; exit 1; }; done';
  // This process' own working folder may be out of reach, too.
  const refused = await run('/bin/sh', ['-c', script, 'sh', ...all], { ...user, cwd: '/', env: {} }).then(
    () => undefined,
    ({ stdout, message }: { stdout?: string; message: string }) => stdout || message,
  );
  if (refused === undefined) return;
  throw new Error(
    `the user of --run-as (${user.uid}:${user.gid}) cannot reach ${refused}; let others search it (chmod o+x), or use another place`,
  );
}

/**
 * Makes folders and links in places that the user may change, with no more rights than the user has: whatever the user has put in their way
 * leads nowhere else.
 */
export async function makeAs(user: ChildUser, steps: readonly Step[]): Promise<void> {
  const lines = steps.map((step) =>
    'to' in step ? '[ ! -e "$2" ]\nln -s -- "$1" "$2"\nshift 2' : 'mkdir -p -- "$1"\nshift',
  );
  const words = steps.flatMap((step) => ('to' in step ? [step.to, step.link] : [step.folder]));
  await run('/bin/sh', ['-ec', lines.join('\n'), 'sh', ...words], {
    ...user,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
}

/** A folder to make, and those above it; or a link. */
export type Step = { readonly folder: string } | { readonly link: string; readonly to: string };

async function idOf(which: '-u' | '-g', user: string): Promise<number | undefined> {
  try {
    const { stdout } = await run('id', [which, '--', user]);
    return /^\d+\n$/.test(stdout) ? Number(stdout) : undefined;
  } catch {
    return undefined;
  }
}

function foldersAbove(place: string): string[] {
  const above: string[] = [];
  for (let folder = path.dirname(place); folder !== path.dirname(folder); folder = path.dirname(folder))
    above.unshift(folder);
  return above;
}
