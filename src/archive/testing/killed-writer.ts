/** A process that writes to the embedded archive of a folder until it is killed: it prints the id of each job that is written. */
import { DatabaseArchive } from '../database/database.archive.js';
import { EmbeddedLanes } from '../database/embedded.lanes.js';
import { Reach } from '../database/reach.js';
import { archivedJob } from './archived-jobs.js';

const [folder = '', round = '', prepared] = process.argv.slice(2);
const reach = new Reach(new EmbeddedLanes(folder, prepared), 'test');
await reach.start();
const archive = new DatabaseArchive(reach);
for (let number = 0; ; number++) {
  const id = `job-${round}-${number}`;
  await archive.put(archivedJob(id, { message: 'It is done. '.repeat(number % 300) }));
  if (number % 5 === 4) await archive.remove(`job-${round}-${number - 2}`, new Date());
  process.stdout.write(`${id}\n`);
}
