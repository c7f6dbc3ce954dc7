import { fromPyPI } from './installed.js';
import type { RealStoreKind } from './real-store.js';
import { startStoreProcess } from './store-process.js';

const version = '5.2.5';

/** moto's server. It holds all in memory and takes any credentials. */
export const moto: RealStoreKind = {
  name: 'moto',
  version,
  keepsDataOnDisk: false,
  start: async () => {
    const installed = await fromPyPI('moto', version, '[server]');
    return startStoreProcess(moto, (port) => ({
      command: 'python3',
      args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
      environment: { PYTHONPATH: installed },
    }));
  },
};
