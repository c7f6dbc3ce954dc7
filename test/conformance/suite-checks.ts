// What OGC's compliance suite for 1.0 (54 tests) asks of a server, and how, written from what it does. docs/conformance.md tells how to run
// the suite itself.
import assert from 'node:assert/strict';
import { ogcFaults, type OgcSchema } from '../support/ogc-schemas.js';
import { eventually } from '../support/wait.js';
import {
  blindRequest,
  type ExecuteRequest,
  oneOutputRequest,
  type ProcessDescription,
  TEXT,
  type Variant,
} from './blind-requests.js';

/** The server under test. */
export interface Subject {
  /** Without trailing slash. */
  readonly url: string;
  /** The id of its echo process. */
  readonly echo: string;
  /** A GeoTIFF that the server and its jobs can fetch. */
  readonly image: { readonly href: string; readonly bytes: Buffer };
}

export interface Check {
  readonly name: string;
  /** Rejects where the server does not pass. */
  readonly run: (subject: Subject) => Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;
type Link = Readonly<Record<'rel' | 'href', string>>;

const EXCEPTIONS = 'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/';
const RESULTS = 'http://www.opengis.net/def/rel/ogc/1.0/results';
/** Of everything: also where several parts come back. */
const ACCEPT = { accept: 'application/json' };

const fit = (schema: OgcSchema, value: unknown) => assert.deepEqual(ogcFaults(schema, value), []);
const get = (address: string) => fetch(address, { headers: ACCEPT });
const getJson = async <T = Body>(address: string) => {
  const response = await get(address);
  assert.equal(response.status, 200, address);
  return (await response.json()) as T;
};
const describedEcho = ({ url, echo }: Subject) => getJson<ProcessDescription>(`${url}/processes/${echo}`);

const post = ({ url, echo }: Subject, request: object, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/processes/${echo}/execution`, {
    method: 'POST',
    headers: { ...ACCEPT, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  });

type Make = (description: ProcessDescription, subject: Subject) => ExecuteRequest;
const blind =
  (variant: Variant, response?: 'raw' | 'document'): Make =>
  (description, { image }) => ({ ...blindRequest(description, variant, image), ...(response ? { response } : {}) });
const oneOutput =
  (response: 'raw' | 'document', pause?: number): Make =>
  (description, { image }) =>
    oneOutputRequest(description, response, image, pause);

/** A synchronous execution that has to end well. */
const executed = async (subject: Subject, make: Make): Promise<Response> => {
  const response = await post(subject, make(await describedEcho(subject), subject));
  if (response.status !== 200) assert.fail(`${response.status}: ${await response.text()}`);
  return response;
};

/** An asynchronous execution. @returns the address of the job */
const created = async (subject: Subject, make: Make): Promise<string> => {
  const request = make(await describedEcho(subject), subject);
  const response = await post(subject, request, { prefer: 'respond-async' });
  if (response.status !== 201) assert.fail(`${response.status}: ${await response.text()}`);
  return response.headers.get('location') ?? assert.fail('there is no Location');
};

/** The suite takes a status for one only with its schema, and goes on by a link to results or, however early, to the monitor. */
const statusAt = async (address: string) => {
  const status = await getJson<{ status: string; links: Link[] }>(address);
  fit('statusInfo', status);
  const rels = status.links.map(({ rel }) => rel);
  assert.ok(rels.includes('monitor') || rels.includes(RESULTS), `a status (${status.status}) without a way on`);
  return status;
};

const resultsOf = async (address: string): Promise<string> => {
  let monitor = address;
  const { status, links } = await eventually(`the end of ${address}`, async () => {
    const seen = await statusAt(monitor);
    monitor = seen.links.find(({ rel }) => rel === 'monitor')?.href ?? monitor;
    return ['successful', 'failed'].includes(seen.status) && seen;
  });
  assert.equal(status, 'successful');
  const results = links.find(({ rel }) => rel === RESULTS);
  return (await fetch(results?.href ?? assert.fail('no link to results'))).text();
};

/** Only a document that holds an integer passes: with texts alone it is taken for two of the alternatives of the suite's schema. */
const assertDocument = async (response: Response): Promise<Body> => {
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  const document = (await response.json()) as Body;
  fit('results', document);
  assert.ok(Object.values(document).some(Number.isInteger), 'no output is an integer');
  return document;
};

const executes = (name: string, make: Make): Check => ({
  name,
  run: async (subject) => void (await executed(subject, make)),
});
const creates = (name: string, make: Make): Check => ({
  name,
  run: async (subject) => void (await statusAt(await created(subject, make))),
});
const isProblem = async (response: Response, statuses: readonly number[], type?: string): Promise<void> => {
  assert.ok(statuses.includes(response.status), `answered ${response.status}`);
  // Asked for JSON, a problem is JSON by that very name.
  assert.match(response.headers.get('content-type') ?? '', /^application\/json(;|$)/);
  const problem = (await response.json()) as Body;
  fit('exception', problem);
  if (type !== undefined) assert.equal(problem['type'], EXCEPTIONS + type);
};
const fits = (name: string, path: string, schema: OgcSchema): Check => ({
  name,
  run: async ({ url }) => fit(schema, await getJson(url + path)),
});

const eachProcess = async ({ url }: Subject, check: (description: ProcessDescription) => void): Promise<void> => {
  const { processes } = await getJson<{ processes: { id: string }[] }>(`${url}/processes`);
  assert.ok(processes.length > 0);
  for (const { id } of processes) check(await getJson<ProcessDescription>(`${url}/processes/${id}`));
};

export const checks: readonly Check[] = [
  fits('core/landingpage-success', '/', 'landingPage'),
  {
    name: 'core/api-definition-op',
    run: async ({ url }) => {
      const { links } = await getJson<{ links: Link[] }>(`${url}/`);
      const definitions = links.filter(({ rel }) => rel === 'service-desc' || rel === 'service-doc');
      assert.ok(definitions.length > 0);
      for (const { href } of definitions) assert.equal((await fetch(href)).status, 200);
    },
  },
  fits('core/conformance-success', '/conformance', 'confClasses'),
  fits('core/process-list-success', '/processes', 'processList'),
  {
    name: 'core/pl-limit-response',
    run: async ({ url }) => {
      const { processes } = await getJson<{ processes: unknown[] }>(`${url}/processes?limit=1`);
      assert.equal(processes.length, 1);
    },
  },
  { name: 'core/process-success', run: (subject) => eachProcess(subject, (described) => fit('process', described)) },
  {
    name: 'core/process-exception-no-such-process',
    run: async ({ url }) => isProblem(await get(`${url}/processes/no-such-${Date.now()}`), [404], 'no-such-process'),
  },
  {
    name: 'ogc-process-description/input-def and output-def',
    run: (subject) =>
      eachProcess(subject, ({ inputs, outputs }) => {
        for (const { schema } of [...Object.values(inputs), ...Object.values(outputs)]) {
          // The suite reads schemas as they stand.
          assert.equal(typeof schema, 'object');
          assert.doesNotMatch(JSON.stringify(schema), /"(\$ref|x-[^"]*)":/);
        }
      }),
  },
  executes('core/job-creation-inputs', blind('plain')),
  executes('core/job-creation-input-inline', blind('plain')),
  executes('core/job-creation-input-inline-object', blind('plain')),
  executes('core/job-creation-input-inline-mixed', blind('plain')),
  executes('core/job-creation-input-array', blind('array')),
  executes('core/job-creation-input-inline-bbox', blind('bounding box')),
  executes('core/job-creation-input-inline-binary', blind('binary')),
  {
    name: 'core/job-creation-input-ref',
    run: async (subject) => {
      const document = await assertDocument(await executed(subject, blind('link')));
      // What is at the link comes back, not the link.
      assert.ok(Object.values(document).includes(subject.image.bytes.toString('base64')));
    },
  },
  {
    name: 'core/job-creation-input-validation',
    run: async (subject) => {
      await assertDocument(await executed(subject, blind('plain')));
      const wrong = blindRequest(await describedEcho(subject), 'wrong', subject.image);
      await isProblem(await post(subject, wrong), [400, 500]);
    },
  },
  creates('core/job-creation-auto-execution-mode', blind('plain')),
  creates('core/job-creation-op', blind('plain')),
  creates('core/job-creation-request', blind('plain')),
  creates('core/job-creation-success-async', blind('plain')),
  executes('core/job-creation-default-execution-mode', blind('plain')),
  executes('core/job-creation-sync-document', blind('plain', 'document')),
  executes('core/job-creation-sync-raw-mixed-multi', blind('plain', 'raw')),
  executes('core/job-creation-sync-raw-ref', blind('plain', 'raw')),
  executes('core/job-creation-sync-raw-value-multi', blind('plain', 'raw')),
  {
    name: 'core/job-creation-sync-raw-value-one',
    run: async (subject) => {
      const response = await executed(subject, oneOutput('raw'));
      assert.match(await response.text(), new RegExp(TEXT));
    },
  },
  {
    name: 'core/job-results-sync',
    run: async (subject) => {
      const { headers } = await executed(subject, blind('plain'));
      // Of several headers, the one with this text, without quotes; the address is all that stands before the first semicolon.
      const header = (headers.get('link') ?? '').split(', ').find((link) => link.includes('rel=monitor'));
      await statusAt(header?.split(';')[0] ?? assert.fail('no Link header holds rel=monitor'));
    },
  },
  executes('core/job-op', blind('plain')),
  {
    name: 'core/job-success',
    run: async (subject) => fit('statusInfo', await statusAt(await created(subject, blind('plain')))),
  },
  {
    name: 'core/job-exception-no-such-job',
    run: async ({ url }) => isProblem(await get(`${url}/jobs/invalid-job-${Date.now()}`), [404], 'no-such-job'),
  },
  {
    name: 'core/job-results-exception-no-such-job',
    run: async ({ url }) => isProblem(await get(`${url}/jobs/invalid-job-${Date.now()}/results`), [404], 'no-such-job'),
  },
  {
    name: 'core/job-results-exception-results-not-ready',
    run: async (subject) => {
      const job = await created(subject, oneOutput('raw', 5));
      await isProblem(await get(`${job}/results`), [404], 'result-not-ready');
    },
  },
  {
    name: 'core/job-results-failed',
    run: async (subject) => isProblem(await post(subject, { 'invalid-execute-request': 'true' }), [400, 500]),
  },
  {
    name: 'core/job-results',
    run: async (subject) => assert.match(await resultsOf(await created(subject, blind('plain'))), new RegExp(TEXT)),
  },
  {
    name: 'core/job-results-async-raw-value-one',
    run: async (subject) => assert.match(await resultsOf(await created(subject, oneOutput('raw'))), new RegExp(TEXT)),
  },
  creates('core/job-results-async-raw-value-multi', blind('plain', 'raw')),
  creates('core/job-results-async-raw-ref', blind('plain', 'raw')),
  creates('core/job-results-async-raw-mixed-multi', blind('plain', 'raw')),
  creates('core/job-results-async-document', blind('plain', 'document')),
  fits('job-list/job-list-success', '/jobs', 'jobList'),
  {
    name: 'job-list/limit-response',
    run: async ({ url }) => {
      const { jobs } = await getJson<{ jobs: unknown[] }>(`${url}/jobs?limit=1`);
      assert.ok(jobs.length <= 1);
    },
  },
];
