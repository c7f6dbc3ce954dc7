import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromMavenCentral } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { smallJava, startStoreProcess } from './store-process.js';

const version = '4.1.0';

const artifact = { group: 'org.gaul', artifact: 's3proxy', version };
const pinned = [{ group: 'com.fasterxml.jackson.core', artifact: 'jackson-annotations', version: '2.21' }];

/** In front of a folder. */
export const s3proxy: RealStoreKind = {
  name: 's3proxy',
  version,
  keepsDataOnDisk: true,
  start: async (folder) => {
    const classPath = await fromMavenCentral(artifact, pinned);
    return startStoreProcess(s3proxy, async (port, { accessKey, secretKey }) => {
      const data = join(folder, 'data');
      const logging = join(folder, 'logback.xml');
      const properties = join(folder, 's3proxy.properties');
      await mkdir(data, { recursive: true });
      await writeFile(logging, '<configuration><root level="warn"/></configuration>');
      await writeFile(
        properties,
        [
          's3proxy.authorization=aws-v2-or-v4',
          `s3proxy.identity=${accessKey}`,
          `s3proxy.credential=${secretKey}`,
          `s3proxy.endpoint=http://127.0.0.1:${port}`,
          'jclouds.provider=filesystem-nio2',
          'jclouds.identity=unused',
          'jclouds.credential=unused',
          `jclouds.filesystem.basedir=${data}`,
        ].join('\n'),
      );
      return {
        command: 'java',
        args: [
          ...smallJava,
          `-Dlogback.configurationFile=${logging}`,
          '-cp',
          classPath,
          'org.gaul.s3proxy.Main',
          '--properties',
          properties,
        ],
      };
    });
  },
};
