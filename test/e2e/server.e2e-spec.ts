import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { json, rawGet } from '../support/http.js';
import { serverFixture, ServerPair } from '../support/server-pair.js';
import type { StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

let servers: ServerPair;
let bed: TestBed;
let plainUrl: string;
ServerPair.forSuite((started) => {
  servers = started;
  ({ bed, plainUrl } = started);
});

async function startSlowJob(url: string): Promise<string> {
  const created = await fetch(`${url}/processes/slow/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: '{}',
  });
  const { jobID } = (await created.json()) as StatusInfo;
  await eventually(
    'the job running',
    async () => (await json<StatusInfo>(`${url}/jobs/${jobID}`)).status === 'running',
  );
  return jobID;
}

describe('the start', () => {
  it('says what is used, whatever the level of the log, before it says where it listens', () => {
    for (const output of [servers.plain.output, bed.server?.output ?? '']) {
      const lines = output.split('\n').filter((line) => /^(cluster|object store|listening on)\b/.test(line));
      expect(lines).toEqual([
        expect.stringMatching(new RegExp(`^cluster: .+, namespace ${bed.cluster.namespace}$`)),
        expect.stringMatching(/^object store: (folder|bucket) .+$/),
        expect.stringMatching(/^listening on http:\/\/127\.0\.0\.1:\d+$/),
      ]);
    }
    const plain = servers.plain.output.trimEnd().split('\n');
    expect(plain).toEqual([
      ...Array(2).fill(expect.anything()),
      expect.stringMatching(/^sign-in: off, /),
      expect.anything(),
    ]);
  });

  it('listens where the variables of the container say, not where the file does', () => {
    expect(plainUrl).toMatch(/^http:\/\/127\.0\.0\.1:(?!80$)\d+$/);
  });

  it('stops with a clear error where the log file cannot be opened', async () => {
    const started = servers.startAnother({
      PYGEOAPI_CONFIG: serverFixture('plain'),
      CONTAINER_PORT: '0',
      LOG_FILE: '/nowhere/server.log',
    });
    await expect(started).rejects.toThrow(
      `ended with 1 before it was ready:\n${serverFixture('plain')}: logging.logfile: must be a file that can be opened for appending, or stdout (/nowhere/server.log: its folder does not exist)\n`,
    );
  });
});

describe('cross-origin requests', () => {
  const origin = { origin: 'https://app.example.org' };
  const corsHeaders = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

  it('are allowed where configured, with the headers that scripts need', async () => {
    const expected = {
      'access-control-allow-origin': '*',
      'access-control-expose-headers':
        'Location, Link, Preference-Applied, Content-Language, ETag, Allow, Log-Follow, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id',
    };
    expect(corsHeaders(await fetch(bed.url, { headers: origin }))).toEqual(expected);
    expect(corsHeaders(await fetch(`${bed.url}/nothing`, { headers: origin }))).toEqual(expected);
    const preflight = await fetch(`${bed.url}/jobs/x`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'authorization,prefer',
      },
    });
    expect(preflight.status).toBe(204);
    expect(corsHeaders(preflight)).toMatchObject({
      'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
      'access-control-allow-headers': 'authorization,prefer',
    });
  });

  it('get no header about it otherwise', async () => {
    expect(corsHeaders(await fetch(plainUrl, { headers: origin }))).toEqual({});
    const preflight = await fetch(`${plainUrl}/jobs`, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, corsHeaders(preflight)]).toEqual([404, {}]);
  });
});

describe('compression', () => {
  const gzip = { 'accept-encoding': 'gzip' };

  it('is done where asked for, unless the configuration says no', async () => {
    const { headers, body } = await rawGet(`${bed.url}/openapi`, gzip);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: expect.stringContaining('Accept-Encoding') });
    expect(gunzipSync(body)).toEqual((await rawGet(`${bed.url}/openapi`)).body);
    expect((await rawGet(`${plainUrl}/openapi`, gzip)).headers['content-encoding']).toBeUndefined();
  });

  it('leaves the bytes of results as their jobs printed them', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `  line ${index + 1}  `).join('\n');
    const binary = Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0, 255, 10]))).subarray(0, -1);
    for (const [process, expected, encoding] of [
      ['json', Buffer.from('{"a":1, "b" :[ ]}'), undefined],
      ['text', Buffer.from(lines), 'gzip'],
      ['binary', binary, undefined],
    ] as const) {
      const jobId = await bed.submit(process);
      await bed.until(jobId, 'successful');
      const { headers, body } = await rawGet(`${bed.url}/jobs/${jobId}/results`, gzip);
      expect([process, headers['content-encoding']]).toEqual([process, encoding]);
      expect(encoding ? gunzipSync(body) : body).toEqual(expected);
    }
  });

  it('does not keep back the lines of a log that is followed', async () => {
    const jobId = await bed.submit('slow');
    await bed.until(jobId, 'running');
    const response = await fetch(`${bed.url}/jobs/${jobId}/logs?follow`, { headers: gzip });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.includes('the first line\n')) break;
    }
    expect((await bed.status(jobId)).status).toBe('running');
    await bed.delete(`/jobs/${jobId}`);
  });
});

describe("the server's own documents", () => {
  const isIndented = (text: string) => text === JSON.stringify(JSON.parse(text), undefined, 2) && text.includes('\n');
  const paths = [
    '/',
    '/conformance',
    '/processes',
    '/processes/nothing',
    '/jobs',
    '/jobs?limit=x',
    '/openapi',
    '/nothing',
  ];

  it('are all indented where configured', async () => {
    const indented = await Promise.all(paths.map(async (path) => isIndented(await (await bed.get(path)).text())));
    expect(Object.fromEntries(paths.map((path, index) => [path, indented[index]]))).toEqual(
      Object.fromEntries(paths.map((path) => [path, true])),
    );
  });

  it('are compact otherwise', async () => {
    for (const path of paths) expect(await (await fetch(plainUrl + path)).text()).not.toContain('\n');
  });

  it('have pages of the configured sizes', async () => {
    const count = async (path: string) => (await json<{ processes: [] }>(bed.url + path)).processes.length;
    expect([await count('/processes'), await count('/processes?limit=1'), await count('/processes?limit=100')]).toEqual(
      [2, 1, 3],
    );
    const jobs = await json<{ jobs: []; numberMatched: number }>(`${bed.url}/jobs?limit=100`);
    expect(jobs.jobs.length).toBe(Math.min(3, jobs.numberMatched));
  });

  it.each([
    ['/', {}, 'A server', 'en-US'],
    ['/', { 'accept-language': 'de' }, 'Ein Server', 'de-DE'],
    ['/', { 'accept-language': 'sv, de;q=0.5' }, 'Ein Server', 'de-DE'],
    ['/?lang=de-DE', { 'accept-language': 'en' }, 'Ein Server', 'de-DE'],
    ['/?lang=sv', {}, 'A server', 'en-US'],
  ])('%s for %j is in the language asked for', async (path, headers, title, language) => {
    const response = await rawGet(bed.url + path, headers as Record<string, string>);
    expect(JSON.parse(response.body.toString())).toMatchObject({ title });
    expect(response.headers['content-language']).toBe(language);
    expect(response.headers['vary']).toContain('Accept-Language');
  });

  it('say what runs', async () => {
    const response = await bed.get('/pygeoapi/static/info.txt');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toEqual([
      'server: ogc-processes-k8s',
      'version: 9.8.7',
      `node: ${process.versions.node}`,
      expect.stringMatching(/^kubernetes client: \d+\.\d+/),
      'build date: 2026-01-31',
      'commit: abc123',
      'tag: unknown',
      'branch: unknown',
    ]);
  });
});

describe('the shutdown', () => {
  it('ends a connection with the answer that is under way on it', async () => {
    const another = await servers.startAnother({
      PYGEOAPI_CONFIG: serverFixture('everything'),
      LOG_FILE: servers.logFile,
    });
    const jobId = await startSlowJob(another.url);
    const response = await fetch(`${another.url}/jobs/${jobId}/logs?follow`);
    const text = response.text();
    const ended = another.child.end();
    await expect(text).resolves.toContain("Logs of pod '");
    await expect(ended).resolves.toBe(0);
  });
});

describe('the log', () => {
  it('stands in the configured file in the configured format, with the levels of the libraries, and not on the standard output', async () => {
    await fetch(`${bed.url}/pygeoapi/jobs?processID=hidden-query`, {
      headers: { authorization: 'Bearer hidden-token' },
    });
    const line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|DEBUG {3}\|HttpRequest\|:\|GET \/pygeoapi\/jobs 200 \d+ ms$/m;
    const log = await eventually('the request in the log', async () => {
      const text = await readFile(servers.logFile, 'utf8');
      return line.test(text) ? text : undefined;
    });
    expect(log).not.toContain('hidden');
    expect(log).not.toMatch(/\|DEBUG +\|(?!HttpRequest)/);
    expect(log).not.toContain(String.fromCharCode(27));
    expect(bed.server?.output.split('\n').filter((text) => text.includes('|'))).toEqual([]);
  });
});
