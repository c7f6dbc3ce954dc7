import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for temporary files that takes long to make: the first test that needs it makes it, and all of this machine's after it take
 * copies of it. It stays.
 * @param key what its content depends on
 * @param make writes into a folder that is not yet this one
 */
export async function madeOnce(
  name: string,
  key: readonly string[],
  make: (folder: string) => Promise<void> | void,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([...key, process.getuid?.()]));
  const place = join(tmpdir(), `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return place;
  const unfinished = mkdtempSync(`${place}-`);
  try {
    await make(unfinished);
    renameSync(unfinished, place);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another worker may have been first.
    if (!existsSync(place)) throw error;
  }
  return place;
}
