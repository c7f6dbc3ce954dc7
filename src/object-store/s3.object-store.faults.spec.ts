import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { S3ObjectStore, type S3ObjectStoreOptions } from './s3.object-store.js';
import { KnownStore } from './store-capabilities.js';
import { bodyOf, expectFailure, readAll } from './testing/describe-object-store.js';
import { answerNow, hangUp, ScriptedS3, silence, status, type Answer } from './testing/scripted-s3.js';

const sha256 = createHash('sha256').update('hello').digest();
const options = { contentType: 'text/plain', size: 5, sha256: sha256.toString('hex') };
const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

function storeAt(endpoint: string, rest: Partial<S3ObjectStoreOptions> = {}): S3ObjectStore {
  const store = new S3ObjectStore({ endpoint, key: 'dev-key', secret: 'dev-secret', bucket: 'logs', ...rest });
  disposals.push(() => store.close());
  return store;
}

async function scripted(
  script: Record<string, readonly Answer[]>,
  rest: Partial<S3ObjectStoreOptions> = {},
): Promise<{ server: ScriptedS3; store: S3ObjectStore }> {
  const server = await ScriptedS3.start(script);
  disposals.unshift(() => server.stop());
  return { server, store: storeAt(server.endpoint, rest) };
}

const missing = { HEAD: [status(404)] };

describe('an S3 store that fails', () => {
  it('is asked again after 500, with the whole body each time', async () => {
    const { server, store } = await scripted({ ...missing, PUT: [status(500), status(503, 'SlowDown'), status(200)] });
    let opened = 0;
    const body = (): Readable => {
      opened += 1;
      return bodyOf('hello')();
    };
    await expect(store.create('a/b', body, options)).resolves.toBe('created');
    const puts = server.seen('PUT');
    await expect(Promise.all(puts.map((put) => put.body))).resolves.toEqual(['hello', 'hello', 'hello']);
    expect(opened).toBe(3);
    expect(puts.map((put) => put.path)).toEqual(Array(3).fill('/logs/a/b?x-id=PutObject'));
    expect(puts[0]?.headers).toMatchObject({
      'content-length': '5',
      'content-type': 'text/plain',
      'if-none-match': '*',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-amz-checksum-sha256': sha256.toString('base64'),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=dev-key\/\d+\/us-east-1\/s3\/.*SignedHeaders=[^,]*x-amz-checksum-sha256/,
      ),
    });
    const special = Object.keys(puts[0]?.headers ?? {}).filter((name) => /checksum|trailer|expect|encoding/.test(name));
    expect(special).toEqual(['x-amz-checksum-sha256']);
  });

  it('fails after three attempts, retryable', async () => {
    const { server, store } = await scripted({ ...missing, PUT: [status(500, 'InternalError')] });
    await expectFailure(
      store.create('k', bodyOf('hello'), options),
      'failed',
      true,
      /^bucket logs at http:\/\/127\.0\.0\.1:\d+: cannot write k: HTTP 500 InternalError$/,
    );
    expect(server.seen('PUT')).toHaveLength(3);
  });

  it('keeps no connection of an upload that it refused before reading it', async () => {
    const { server, store } = await scripted({ ...missing, PUT: [answerNow(500, 'InternalError')] });
    const size = 64 * 2 ** 20;
    const body = (): Readable => Readable.from(blocks(size));
    await expect(store.create('k', body, { ...options, size })).rejects.toThrow();
    await eventually(async () => expect(await server.connections()).toBeLessThanOrEqual(1));
  });

  it('that broke off after it wrote the object is found to have it', async () => {
    const { store } = await scripted({ ...missing, PUT: [hangUp, status(412, 'PreconditionFailed')] });
    await expect(store.create('k', bodyOf('hello'), options)).resolves.toBe('exists');
  });

  it.each([
    [403, 'InvalidAccessKeyId', 'denied', true],
    [403, 'SignatureDoesNotMatch', 'denied', true],
    [403, undefined, 'denied', true],
    [401, undefined, 'denied', true],
    [400, 'AuthorizationHeaderMalformed', 'denied', true],
    [404, 'NoSuchBucket', 'no-such-bucket', true],
    [507, 'InsufficientStorage', 'full', true],
    [403, 'QuotaExceeded', 'full', true],
    [409, 'ConditionalRequestConflict', 'failed', true],
    [429, 'SlowDown', 'failed', true],
    [400, 'KeyTooLongError', 'failed', false],
    [400, 'MetadataTooLarge', 'failed', false],
    [413, 'EntityTooLarge', 'failed', false],
  ] as const)('with HTTP %d %s is %s, retryable: %s', async (code, errorCode, failure, retryable) => {
    const { store } = await scripted({ ...missing, PUT: [status(code, errorCode)], GET: [status(code, errorCode)] });
    const written = await expectFailure(store.create('k', bodyOf('hello'), options), failure, retryable);
    const read = await expectFailure(store.read('k'), failure, retryable);
    for (const { message, cause } of [written, read]) {
      expect(message).toContain(`HTTP ${code}`);
      expect(message).not.toMatch(/dev-key|dev-secret/);
      expect(cause).toBeUndefined();
    }
  });

  it('refusing connections is unreachable', async () => {
    const store = storeAt(await freeAddress());
    await expectFailure(store.check(), 'unreachable', true, /cannot use the bucket: no answer/);
    await expectFailure(store.create('k', bodyOf('hello'), options), 'unreachable', true, /no answer/);
    await expectFailure(store.read('k'), 'unreachable', true, /no answer/);
  });

  it('hanging up is unreachable', async () => {
    const { store } = await scripted({ GET: [hangUp] });
    await expectFailure(store.read('k'), 'unreachable', true, /no answer/);
  });

  it('not answering is unreachable once the bound has passed', async () => {
    const { store } = await scripted(
      { HEAD: [silence], GET: [silence], PUT: [silence], DELETE: [silence] },
      { timeouts: { call: 100, check: 100, idle: 100 } },
    );
    await expectFailure(store.check(), 'unreachable', true, /timed out/);
    await expectFailure(store.head('k'), 'unreachable', true, /timed out/);
    await expectFailure(store.remove('k'), 'unreachable', true, /timed out/);
    await expectFailure(store.read('k'), 'unreachable', true, /timed out/);
  });

  it('not taking an upload is unreachable once the bound has passed', async () => {
    const { store } = await scripted({ ...missing, PUT: [silence] }, { timeouts: { idle: 100 } });
    await expectFailure(store.create('k', bodyOf('hello'), options), 'unreachable', true, /timed out/);
  });

  it.each(['breaks off', 'falls silent'])('that %s in the middle of an object fails its reader', async (how) => {
    const half: Answer = (request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('hello', () => how === 'breaks off' && request.socket.destroy());
    };
    const { store } = await scripted({ GET: [half] }, { timeouts: { idle: 100 } });
    const reading = readAll(store, 'k');
    await expectFailure(reading, 'unreachable', true, /cannot read k to its end/);
  });

  it('that answers no XML at all is mapped by its status', async () => {
    const html: Answer = (_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad <b>gateway</body>');
    };
    const { store } = await scripted({ GET: [html] });
    await expectFailure(store.read('k'), 'failed', true, /HTTP 502/);
  });
});

describe('an S3 store without conditional writes', () => {
  it.each([
    [501, 'NotImplemented'],
    [501, undefined],
    [400, 'InvalidArgument'],
    [400, undefined],
  ])('answering HTTP %d %s is written to without condition from then on', async (code, errorCode) => {
    const { server, store } = await scripted({ ...missing, PUT: [status(code, errorCode), status(200)] });
    await expect(store.create('k', bodyOf('hello'), options)).resolves.toBe('created');
    await expect(store.create('l', bodyOf('hello'), options)).resolves.toBe('created');
    expect(server.seen('PUT').map(({ path, headers }) => [path.split('?')[0], headers['if-none-match']])).toEqual([
      ['/logs/k', '*'],
      ['/logs/k', undefined],
      ['/logs/l', undefined],
    ]);
  });

  it('is asked first, and not written to where an object stands', async () => {
    const { server, store } = await scripted({
      HEAD: [status(404), status(404), status(200)],
      PUT: [status(501), status(200)],
    });
    await store.create('k', bodyOf('hello'), options);
    await expect(store.create('k', bodyOf('hello'), options)).resolves.toBe('exists');
    expect(server.seen('PUT')).toHaveLength(2);
  });

  it('is not written to when it does not tell whether an object stands', async () => {
    const { server, store } = await scripted({ HEAD: [status(403)], PUT: [status(501), status(200)] });
    await expectFailure(store.create('k', bodyOf('hello'), options), 'denied', true, /cannot look up k/);
    expect(server.seen('PUT')).toHaveLength(1);
  });

  it('is not taken for one because one request was wrong', async () => {
    const wrong = Array.from({ length: 4 }, () => status(400, 'InvalidArgument'));
    const { server, store } = await scripted({ ...missing, PUT: [...wrong, status(200)] });
    await expectFailure(store.create('k', bodyOf('hello'), options), 'failed', false);
    await expect(store.create('l', bodyOf('hello'), options)).resolves.toBe('created');
    expect(server.seen('PUT').map(({ headers }) => headers['if-none-match'])).toEqual([
      '*',
      undefined,
      '*',
      undefined,
      '*',
    ]);
  });
});

describe('an S3 store that', () => {
  const md5 = createHash('md5').update('hello').digest('base64');
  /** What came of a body's digest, and of the condition, with each PUT. */
  const sent = (server: ScriptedS3) =>
    server
      .seen('PUT')
      .map(({ headers }) => [
        headers['x-amz-checksum-sha256'] && 'sha256',
        headers['content-md5'] && 'md5',
        headers['if-none-match'],
      ]);

  it('refuses the checksum header is sent the MD5 from then on', async () => {
    const { server, store } = await scripted({
      ...missing,
      PUT: [status(501, 'NotImplemented'), status(501, 'NotImplemented'), status(200)],
    });
    await store.create('k', bodyOf('hello'), options);
    await store.create('l', bodyOf('hello'), options);
    expect(sent(server)).toEqual([
      ['sha256', undefined, '*'],
      ['sha256', undefined, undefined],
      [undefined, 'md5', '*'],
      [undefined, 'md5', '*'],
    ]);
    expect(server.seen('PUT').at(-1)?.headers['content-md5']).toBe(md5);
  });

  it.each([
    [{ checksumHeader: 'no' } as const, [undefined, 'md5', '*']],
    [{ checksumHeader: 'no', contentMd5: 'no' } as const, [undefined, undefined, '*']],
    [{ contentMd5: 'no', dropsCutBodies: 'no' } as const, ['sha256', undefined, '*']],
  ])('is known to have %j is sent what it looks at', async (found, headers) => {
    const known = new KnownStore();
    known.learn(found);
    const { server, store } = await scripted({ ...missing, PUT: [status(200)] }, { known });
    await store.create('k', bodyOf('hello'), options);
    expect(sent(server)).toEqual([headers]);
  });

  it('got other bytes than were sent is tried again later', async () => {
    const { store } = await scripted({ ...missing, PUT: [status(400, 'BadDigest')] });
    await expectFailure(store.create('k', bodyOf('hello'), options), 'failed', true, /HTTP 400 BadDigest/);
  });

  it('knows no condition for a replacement is written to without it', async () => {
    const { server, store } = await scripted({ PUT: [status(501), status(200)] });
    const found = { key: 'k', size: 1, contentType: '', metadata: {}, etag: '"e"' };
    await expect(store.replace(found, bodyOf('hello'), options)).resolves.toBe('replaced');
    expect(server.seen('PUT').map(({ headers }) => headers['if-match'])).toEqual(['"e"', undefined]);
  });

  it.each([
    [412, 'PreconditionFailed'],
    [404, 'NoSuchKey'],
  ])('answers a replacement with %d %s has another object now', async (code, errorCode) => {
    const { store } = await scripted({ PUT: [status(code, errorCode)] });
    const found = { key: 'k', size: 1, contentType: '', metadata: {}, etag: '"e"' };
    await expect(store.replace(found, bodyOf('hello'), options)).resolves.toBe('changed');
  });
});

describe('an S3 store that only takes writes', () => {
  it('is written to with the condition alone', async () => {
    const { store } = await scripted({ HEAD: [status(403)], PUT: [status(200), status(412)] });
    await expect(store.create('k', bodyOf('hello'), options)).resolves.toBe('created');
    await expect(store.create('k', bodyOf('hello'), options)).resolves.toBe('exists');
  });
});

describe('the settings of an S3 store', () => {
  it('bound the connections', async () => {
    let open = 0;
    let most = 0;
    const slow: Answer = async (_request, response) => {
      most = Math.max(most, (open += 1));
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      open -= 1;
      response.writeHead(404).end();
    };
    const { server, store } = await scripted({ HEAD: [slow] }, { maximumSockets: 3 });
    await Promise.all(Array.from({ length: 30 }, (_, index) => store.head(`k${index}`)));
    expect(most).toBeLessThanOrEqual(3);
    expect(await server.connections()).toBeLessThanOrEqual(3);
    expect(server.requests).toHaveLength(30);
  });

  it('are described without what may be secret', () => {
    expect(storeAt('https://user:password@s3.example.com/base/?token=1').description).toBe(
      'bucket logs at https://s3.example.com/base',
    );
  });

  it.each(['s3.example.com', 'ftp://s3.example.com', ''])('refuse the endpoint %j', (endpoint) => {
    expect(() => storeAt(endpoint)).toThrow('the endpoint of the object store must be an http(s) address');
  });

  it('sign for the configured region', async () => {
    const { server, store } = await scripted(missing, { region: 'eu-de' });
    await store.head('k');
    expect(server.requests[0]?.headers.authorization).toContain('/eu-de/s3/aws4_request');
  });
});

/** An address where nothing listens. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

function* blocks(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= 2 ** 20) yield Buffer.alloc(Math.min(left, 2 ** 20));
}

async function eventually(assertion: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await nextTurn();
    }
  }
}
