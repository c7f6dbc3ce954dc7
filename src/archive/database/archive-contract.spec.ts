import { afterAll, describe } from '@jest/globals';
import { describeArchiveLists } from '../testing/archive-contract.js';
import { DATABASES, KINDS, type TestDatabase } from '../testing/open-archive.js';

describe.each(KINDS)('in %s', (kind) => {
  let database: Promise<TestDatabase> | undefined;
  afterAll(async () => (await database)?.close());

  describeArchiveLists('The archive', async () => ({
    archive: await (await (database ??= DATABASES[kind]())).archive(),
    dispose: () => Promise.resolve(),
  }));
});
