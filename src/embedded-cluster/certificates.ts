import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';

export interface Certificates {
  /** PEM. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const LIFETIME_DAYS = 365;
const DAY = 86_400_000;

/** The certificate authority and the server's certificate, kept in a file; made anew when less than 30 days are left, or the file is damaged. */
export async function certificatesIn(folder: string): Promise<Certificates> {
  const file = path.join(folder, 'certificates.json');
  const kept = existsSync(file) ? read(file) : undefined;
  if (kept && Date.parse(new X509Certificate(kept.certificate).validTo) > Date.now() + 30 * DAY) return kept;
  const made = await make();
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

function read(file: string): Certificates | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Certificates;
    return new X509Certificate(content.certificate).verify(new X509Certificate(content.authority).publicKey) &&
      content.key
      ? content
      : undefined;
  } catch {
    return undefined;
  }
}

async function make(): Promise<Certificates> {
  const validity = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * DAY),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'embedded cluster authority' }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'embedded cluster' }], {
    ...validity,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { authority: authority.cert, certificate: server.cert, key: server.private };
}
