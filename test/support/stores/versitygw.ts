import { fromGoModule } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { startStoreProcess } from './store-process.js';

const version = 'v1.8.0';

/** `VERSITYGW` may name the program where it is there already; it is built otherwise. */
export const versitygw: RealStoreKind = {
  name: 'versitygw',
  version,
  keepsDataOnDisk: true,
  start: async (folder) => {
    const command =
      process.env['VERSITYGW'] || (await fromGoModule('github.com/versity/versitygw/cmd/versitygw', version));
    return startStoreProcess(versitygw, (port, { accessKey, secretKey, region }) => ({
      command,
      args: [
        '--port',
        `127.0.0.1:${port}`,
        '--access',
        accessKey,
        '--secret',
        secretKey,
        '--region',
        region,
        'posix',
        folder,
      ],
    }));
  },
};
