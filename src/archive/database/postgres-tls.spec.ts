import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { ownedByPostgres, POSTGRES, TestPostgres } from '../testing/postgres.js';
import { PostgresLanes } from './postgres.lanes.js';

let folder: string;
let server: TestPostgres;

function certificate(name: string): string {
  const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, ...subject];
  execFileSync('openssl', made, { stdio: 'ignore' });
  chmodSync(key, 0o600);
  ownedByPostgres(key);
  return file;
}

/** Whether the connection is encrypted. */
async function connect(parameters: string): Promise<boolean | undefined> {
  const lanes = new PostgresLanes({ url: `${server.url('archive')}?${parameters}` });
  try {
    const { rows } = await sql<{ ssl: boolean }>`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(lanes.lane('sweeps'));
    return rows[0]?.ssl;
  } finally {
    await lanes.close();
  }
}

(POSTGRES ? describe : describe.skip)('the way to the database', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'archive-tls-'));
    chmodSync(folder, 0o755);
    const file = certificate('server');
    certificate('other');
    const key = file.replace('.crt', '.key');
    server = await TestPostgres.create(['ssl = on', `ssl_cert_file = '${file}'`, `ssl_key_file = '${key}'`]);
    await server.database('archive');
  });
  afterAll(async () => {
    await server?.remove();
    rmSync(folder, { recursive: true });
  });

  it('is encrypted and checked as the address says', async () => {
    expect(await connect('sslmode=disable')).toBe(false);
    expect(await connect('sslmode=require')).toBe(true);
    expect(await connect(`sslmode=verify-full&sslrootcert=${join(folder, 'server.crt')}`)).toBe(true);
    await expect(connect(`sslmode=verify-full&sslrootcert=${join(folder, 'other.crt')}`)).rejects.toThrow(
      'certificate',
    );
    await expect(connect('sslmode=verify-full&sslrootcert=system')).rejects.toThrow('certificate');
  });

  it('is refused at the start where the certificate is not there', () => {
    expect(
      () => new PostgresLanes({ url: `${server.url('archive')}?sslmode=verify-full&sslrootcert=/none.crt` }),
    ).toThrow('/none.crt');
  });
});
