import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { makeObjectStore } from '../../src/object-store/object-store.module.js';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { moto } from '../support/stores/moto.js';
import type { RealStore } from '../support/stores/real-store.js';
import { startVersitygw } from '../support/stores/versitygw.js';

const run = promisify(execFile);
const INSTALLING = 600_000;
const bucket = 'tests';
let folder: string;
const disposals: (() => unknown)[] = [];
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'connections-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  jest.restoreAllMocks();
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function started(
  start: Promise<RealStore>,
  endpointOf = (store: RealStore) => store.endpoint,
): Promise<RealStore> {
  const store = await start;
  disposals.push(() => store.stop());
  const { accessKey: accessKeyId, secretKey: secretAccessKey } = store;
  const client = new S3Client({
    endpoint: endpointOf(store),
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 10,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return store;
}

/** As the server makes it of its settings. */
async function storeOf(
  settings: Parameters<typeof makeObjectStore>[1]['bucket'],
  region?: string,
): Promise<ObjectStore> {
  const store = await makeObjectStore('s3', { bucket: settings, dataDir: folder }, region);
  disposals.push(() => (store as ObjectStore & { close(): void }).close());
  return store;
}

async function keeps(store: ObjectStore): Promise<void> {
  const options = { contentType: 'text/plain', size: 5 };
  await expect(store.create('logs/a', () => Readable.from(['hello']), options)).resolves.toBe('created');
  const found = await store.read('logs/a');
  expect(found && (await text(found.body))).toBe('hello');
  const address = (await store.address('logs/a', { seconds: 60 })) ?? '';
  expect(await (await fetch(address)).text()).toBe('hello');
}

describe('a bucket', () => {
  it(
    'in another region is found by AWS_REGION, and a wrong region is said to be refused',
    async () => {
      const region = 'eu-north-1';
      const store = await startVersitygw(await mkdtemp(join(folder, 'region-')), ['--region', region]);
      const { endpoint, accessKey: key, secretKey: secret } = await started(Promise.resolve({ ...store, region }));
      const settings = { endpoint, key, secret, name: bucket, pathPrefix: '' };
      await keeps(await storeOf(settings, region));
      await expect((await storeOf(settings)).read('logs/a')).rejects.toMatchObject({ failure: 'denied' });
    },
    INSTALLING,
  );

  it(
    'is addressed by its host name where that is set',
    async () => {
      const store = startVersitygw(await mkdtemp(join(folder, 'host-')), ['--virtual-domain', 'store.test']);
      const asked: string[] = [];
      // What a name server would say.
      jest.spyOn(dns, 'lookup').mockImplementation(((
        name: string,
        options: { all?: boolean },
        done: (...found: unknown[]) => void,
      ) => {
        asked.push(name);
        if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
        else done(null, '127.0.0.1', 4);
      }) as unknown as typeof dns.lookup);
      const named = (real: RealStore): string => real.endpoint.replace('127.0.0.1', 'store.test');
      const real = await started(store);
      const { accessKey: key, secretKey: secret } = real;
      const settings = {
        endpoint: named(real),
        key,
        secret,
        name: bucket,
        pathPrefix: '',
        addressing: 'virtual-host' as const,
      };
      await keeps(await storeOf(settings));
      expect(new Set(asked)).toEqual(new Set([`${bucket}.store.test`]));
    },
    INSTALLING,
  );

  it(
    "whose certificate is of an authority of one's own is reached with NODE_EXTRA_CA_CERTS",
    async () => {
      const altNames = [{ type: 7 as const, ip: '127.0.0.1' }];
      const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
        extensions: [
          { name: 'basicConstraints', cA: true },
          { name: 'subjectAltName', altNames },
        ],
      });
      const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      await writeFile(certificate, pems.cert);
      await writeFile(privateKey, pems.private);
      const more = ['--cert', certificate, '--key', privateKey];
      const store = await startVersitygw(await mkdtemp(join(folder, 'tls-')), more);
      disposals.push(() => store.stop());
      const args = [store.endpoint, store.accessKey, store.secretKey, bucket];
      const ask = async (environment: object): Promise<string> => {
        const script = join(import.meta.dirname, 'with-certificate.mjs');
        const env = { PATH: process.env['PATH'], ...environment };
        return (await run(process.execPath, [script, ...args], { env })).stdout.trim();
      };
      expect(await ask({})).toMatch(/no answer \((DEPTH_ZERO_)?SELF_SIGNED/);
      expect(await ask({ NODE_EXTRA_CA_CERTS: certificate })).toMatch(/there is no such bucket/);
    },
    INSTALLING,
  );
});

describe('credentials that the SDK finds', () => {
  const outside = { ...process.env };
  afterEach(() => {
    process.env = { ...outside };
  });

  async function chained(environment: Readonly<Record<string, string>>): Promise<ObjectStore> {
    const { endpoint } = await started(moto.start(folder));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL_STS: endpoint }, environment);
    return storeOf({ endpoint, name: bucket, pathPrefix: '', credentials: 'default-chain' });
  }

  it(
    'are those of a web identity, which EKS and the like give pods',
    async () => {
      const token = join(folder, 'token');
      // Whatever the cluster signs: moto looks at its shape only.
      const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
      await writeFile(token, `${part({ alg: 'none' })}.${part({ sub: 'system:serviceaccount:jobs:server' })}.`);
      const store = await chained({
        AWS_REGION: 'us-east-1',
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/jobs',
      });
      await keeps(store);
      const address = new URL((await store.address('logs/a', { seconds: 60 })) ?? '');
      expect(address.searchParams.get('X-Amz-Security-Token')).toBeTruthy();
      expect(address.searchParams.get('X-Amz-Credential')).toMatch(/^ASIA/);
    },
    INSTALLING,
  );

  it(
    "are those of a container's role, as EKS Pod Identity gives them",
    async () => {
      const asked: (string | undefined)[] = [];
      const agent = createServer((request, answer) => {
        asked.push(request.headers.authorization);
        const Expiration = new Date(Date.now() + 3_600_000).toISOString();
        answer.setHeader('content-type', 'application/json');
        answer.end(
          JSON.stringify({ AccessKeyId: 'ASIAPOD', SecretAccessKey: 'secret', Token: 'of the pod', Expiration }),
        );
      }).listen(0, '127.0.0.1');
      await once(agent, 'listening');
      disposals.push(() => agent.close());
      const token = join(folder, 'pod-token');
      await writeFile(token, 'token-of-the-pod');
      const store = await chained({
        AWS_REGION: 'us-east-1',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
      });
      await keeps(store);
      const address = new URL((await store.address('logs/a', { seconds: 60 })) ?? '');
      expect(address.searchParams.get('X-Amz-Security-Token')).toBe('of the pod');
      expect(asked).toEqual(['token-of-the-pod']);
    },
    INSTALLING,
  );

  it(
    'are said to be missing where there are none',
    async () => {
      const store = await chained({ AWS_REGION: 'us-east-1' });
      await expect(store.head('logs/a')).rejects.toMatchObject({
        name: 'ObjectStoreError',
        message: expect.stringContaining('CredentialsProviderError'),
      });
    },
    INSTALLING,
  );
});
