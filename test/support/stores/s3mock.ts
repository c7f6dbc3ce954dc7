import { fromMavenCentral } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { smallJava, startStoreProcess } from './store-process.js';

const version = '5.2.0';

const artifact = { group: 'com.adobe.testing', artifact: 's3mock', version };
const pinned = [{ group: 'org.slf4j', artifact: 'slf4j-api', version: '2.0.18' }];

/** Adobe S3Mock. It takes any credentials. */
export const s3mock: RealStoreKind = {
  name: 'Adobe S3Mock',
  version,
  keepsDataOnDisk: true,
  start: async (folder) => {
    const classPath = await fromMavenCentral(artifact, pinned);
    return startStoreProcess(s3mock, (port) => ({
      command: 'java',
      args: [
        ...smallJava,
        // It leaves a temporary file behind for each request.
        `-Djava.io.tmpdir=${folder}`,
        ...['-cp', classPath, 'com.adobe.testing.s3mock.S3MockApplication'],
        ...[`--server.address=127.0.0.1`, '--server.port=0', `--http.port=${port}`],
        ...[
          `--com.adobe.testing.s3mock.store.root=${folder}`,
          '--com.adobe.testing.s3mock.store.retain-files-on-exit=true',
        ],
      ],
    }));
  },
};
