import { fromGoModule } from './installed.js';
import type { RealStore, RealStoreKind } from './real-store.js';
import { startStoreProcess, type Credentials, type Program } from './store-process.js';

const version = 'v1.8.0';

/** `VERSITYGW` may name the program where it is there already; it is built otherwise. */
export const versitygw: RealStoreKind = {
  name: 'versitygw',
  version,
  keepsDataOnDisk: true,
  start: (folder) => startVersitygw(folder),
};

/** @param more arguments that stand over the usual ones */
export async function startVersitygw(folder: string, more: readonly string[] = []): Promise<RealStore> {
  const program = 'github.com/versity/versitygw/cmd/versitygw';
  const command = process.env['VERSITYGW'] || (await fromGoModule(program, version));
  const asked = (port: number, { accessKey, secretKey, region }: Credentials): Program => {
    const credentials = ['--access', accessKey, '--secret', secretKey];
    const usual = ['--port', `127.0.0.1:${port}`, ...credentials, '--region', region];
    return { command, args: [...usual, ...more, 'posix', folder] };
  };
  return startStoreProcess(versitygw, asked, more.includes('--cert') ? 'https' : 'http');
}
