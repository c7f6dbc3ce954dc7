import { describeArchiveLists } from './archive-contract.js';
import { FakeArchive } from './fake-archive.js';

describeArchiveLists('The archive in memory', async () => ({
  archive: new FakeArchive(),
  dispose: async () => undefined,
}));
