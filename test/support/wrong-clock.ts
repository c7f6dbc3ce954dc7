import { pathToFileURL } from 'node:url';
import { projectFolder, type Child } from './child.js';
import { eventually } from './wait.js';

/** Environment of a server whose wall clock is wrong by so many seconds; it begins with the first, and {@link jump} goes on to the next. */
export const wrongClock = (...seconds: readonly number[]): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${pathToFileURL(`${projectFolder}/test/support/shifted-clock.mjs`).href}`,
  CLOCK_SHIFTS: seconds.join(','),
});

/** Resolves once the server's clock has jumped. */
export async function jump(server: Child): Promise<void> {
  const jumps = () => server.output.split('clock wrong by').length;
  const before = jumps();
  server.process.kill('SIGUSR2');
  await eventually('the jump', () => jumps() > before);
}
