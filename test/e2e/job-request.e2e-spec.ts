import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { nameOfSignature, ownAnnotation } from '../../src/k8s/names.js';
import { Receiver } from '../support/receiver.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** All give back their inputs as they got them. */
const image = `
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      mimetype: application/json
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$PYGEOAPI_K8S_MANAGER_INPUTS"']`;
const PROCESSES = `
  returns: &returns
    type: process
    processor: &processor${image}
      check_auth: false
      undeclared_inputs: pass
      metadata: &metadata
        jobControlOptions: [sync-execute, async-execute, dismiss]
        outputTransmission: [value, reference]
        outputs: { inputs: { schema: { type: object } } }
        inputs:
          anything: { schema: {}, minOccurs: 0 }
          number: { schema: { type: number, default: 0.1 }, minOccurs: 0 }
          text: { schema: { type: string }, minOccurs: 0 }
          password: { schema: { type: string }, minOccurs: 0 }
          features: { schema: { type: object }, minOccurs: 0, maxOccurs: 3 }
          source: { schema: { type: object, format: ogc-link }, minOccurs: 0 }
  returns-guarded: { <<: *returns, processor: { <<: *processor, check_auth: true, keep_inputs: true } }
  returns-kept: { <<: *returns, processor: { <<: *processor, keep_inputs: true } }
  returns-silently-kept:
    { <<: *returns, processor: { <<: *processor, keep_inputs: true, metadata: { <<: *metadata, inputs: {} } } }
  returns-silently: { <<: *returns, processor: { <<: *processor, metadata: { <<: *metadata, inputs: {} } } }
`;

type Body = Readonly<Record<string, unknown>>;
interface Shown {
  readonly process: string;
  readonly inputs: Body;
  readonly omittedInputs?: { readonly count: number; readonly href?: string };
}

let bed: TestBed;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  bed = await TestBed.start({ SUBSCRIBER_ALLOWED_HOSTS: receiver.host }, { configuration: (text) => text + PROCESSES });
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await (receiver as Receiver | undefined)?.down();
});

function post(process: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${bed.url}/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
    body,
  });
}
/** @returns the id of the job, which has ended */
async function ended(process: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await post(process, body, headers);
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  const { jobID } = (await response.json()) as StatusInfo;
  await bed.ended(jobID);
  return jobID;
}
const textOf = async (jobId: string, token?: string) => (await bed.get(`/jobs/${jobId}/request`, token)).text();
const shownOf = async (jobId: string, token?: string) => JSON.parse(await textOf(jobId, token)) as Shown;
const annotate = (jobId: string, annotations: Record<string, string | null>) =>
  bed.cluster.batch.patchNamespacedJob(
    {
      name: `pygeoapi-job-${jobId}`,
      namespace: bed.cluster.namespace,
      body: { metadata: { annotations } },
    },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
const listed = async (jobId: string, token?: string) => {
  const { jobs } = (await (await bed.get('/jobs?limit=1000', token)).json()) as { jobs: (StatusInfo & Body)[] };
  return jobs.find(({ jobID }) => jobID === jobId);
};

describe('the request of a job', () => {
  it('asks for the same when it is sent again, to the digit, whatever its inputs are', async () => {
    const inputs =
      '{"anything":[12345678901234567890,1.0,-0,1e400,{"b":null,"a":"$(HOME) ü 🌍"}],"number":19.90,"text":"",' +
      '"features":[{"type":"Feature"},{"value":{"n":0.10},"mediaType":"application/json"}],' +
      '"source":{"href":"https://example.org/a?b=c","type":"image/tiff"},"undeclared":{"omitted":true}}';
    const first = await ended('returns', `{"inputs":${inputs},"response":"document"}`);
    const shown = await textOf(first);
    expect(shown).toContain(`"inputs":{"undeclared":{"omitted":true},"anything":[12345678901234567890,1.0,-0,1e400,`);
    const second = await ended('returns', shown);
    expect(await bed.result(second)).toBe(await bed.result(first));
    expect(await textOf(second)).toBe(shown);
  });

  it('has defaults, outputs with their formats, who is told by the host alone, and what it preferred', async () => {
    const format = { mediaType: 'application/json' };
    const outputs = { inputs: { transmissionMode: 'reference', format } };
    const address = `http://${receiver.host}:1/hook?key=hush`;
    const body = { inputs: { text: 'a' }, outputs, subscriber: { successUri: address } };
    const jobId = await ended('returns', JSON.stringify(body), { prefer: 'respond-async, wait=0' });
    const text = await textOf(jobId);
    expect(text).not.toMatch(/hush|hook/);
    expect(JSON.parse(text)).toEqual({
      process: `${bed.url}/processes/returns`,
      inputs: { text: 'a', number: 0.1 },
      outputs,
      response: 'raw',
      subscriber: { successUri: { masked: true, host: `${receiver.host}:1` } },
      prefer: 'respond-async, wait=0',
    });
    const again = await post('returns', text);
    expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('/subscriber/successUri')]);
  });

  it('has masks and marks in place of secrets and of what is too large, and is refused with them', async () => {
    const features = { type: 'FeatureCollection', note: 'ü'.repeat(15_000), token: 'hush' };
    const inputs = { number: 1, text: 'x'.repeat(30_000), password: 'hush', features };
    const first = await ended('returns', JSON.stringify({ inputs }));
    const shown = await textOf(first);
    const digest = (value: unknown) => {
      const bytes = Buffer.from(JSON.stringify(value));
      return { omitted: { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } };
    };
    const kept = { ...inputs, text: digest(inputs.text), features: digest({ ...features, token: { masked: true } }) };
    expect(JSON.parse(shown)).toMatchObject({ inputs: { ...kept, password: { masked: true } } });
    const refused = await post('returns', shown);
    const { errors } = (await refused.json()) as { errors: { pointer: string }[] };
    expect([refused.status, errors.map(({ pointer }) => pointer).toSorted()]).toEqual([
      400,
      ['/inputs/features', '/inputs/password', '/inputs/text'],
    ]);
    const { password, text } = inputs;
    const again = { ...(JSON.parse(shown) as Shown), inputs: { number: 1, text, password, features } };
    const second = await ended('returns', JSON.stringify(again));
    expect(await bed.result(second)).toBe(await bed.result(first));
  });

  it('keeps a Job small for thousands of inputs, and says how many are not named', async () => {
    const inputs = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`input-${n}`, n]));
    const jobId = await ended('returns-silently', JSON.stringify({ inputs }));
    const { inputs: kept, omittedInputs } = await shownOf(jobId);
    expect(Object.keys(kept).length).toBeGreaterThan(400);
    expect(Object.keys(kept).length + (omittedInputs?.count ?? 0)).toBe(5000);
    const [kubeJob] = (await bed.cluster.kubeJobs()).filter(({ metadata }) => metadata?.name?.endsWith(jobId));
    const { 'pygeoapi.io/result-value': _result, ...annotations } = kubeJob?.metadata?.annotations ?? {};
    expect(Buffer.byteLength(JSON.stringify(annotations))).toBeLessThan(24_000);
    const again = await post('returns-silently', await textOf(jobId));
    expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('/omittedInputs')]);
  });

  it('is there for who may read the log, and nobody else', async () => {
    const body = JSON.stringify({ inputs: { text: 'confidential', password: 'hush' } });
    const jobId = await bed.submit('returns-guarded', (JSON.parse(body) as { inputs: Body }).inputs, { token: TOKEN });
    await bed.ended(jobId);
    expect((await bed.get(`/jobs/${jobId}/request`)).status).toBe(401);
    expect((await bed.get(`/jobs/${jobId}/request`, 'wrong')).status).toBe(401);
    expect((await shownOf(jobId, TOKEN)).inputs).toMatchObject({ text: 'confidential', password: { masked: true } });
    const parameters = '{"text":"confidential","password":"*","number":0.1}';
    expect(JSON.parse((await listed(jobId, TOKEN))?.['parameters'] as string)).toEqual(JSON.parse(parameters));
    for (const status of [await bed.status(jobId), await listed(jobId)]) {
      expect(status).toMatchObject({ jobID: jobId });
      expect(JSON.stringify(status)).not.toMatch(/parameters|confidential|"request"/);
    }
    expect((await bed.get(`/jobs/${randomUUID()}/request`, TOKEN)).status).toBe(404);
  });

  it('stays as long as the Job does', async () => {
    const jobId = await ended('returns', '{"inputs":{"text":"a"}}');
    expect((await bed.get(`/jobs/${jobId}/request`)).status).toBe(200);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}/request`)).status === 404);
  });
});

describe('the inputs of a process that keeps them', () => {
  const json = async (address: string | undefined, token?: string) =>
    (await bed.get((address ?? '').slice(bed.url.length), token)).json();
  const hrefs = (shown: Shown) =>
    Object.entries(shown.inputs as Record<string, { omitted?: { href?: string } }>).map(([id, value]) => [
      id,
      value.omitted?.href,
    ]);

  it('are at addresses, secrets masked, until the job is removed', async () => {
    const features = { type: 'FeatureCollection', at: [1.5], note: 'ü'.repeat(15_000), token: 'hush' };
    const inputs = { number: 1, text: 'x'.repeat(30_000), password: 'hush', features };
    const jobId = await ended('returns-kept', JSON.stringify({ inputs }));
    const shown = await shownOf(jobId);
    const address = `${bed.url}/jobs/${jobId}/request/inputs`;
    expect(Object.fromEntries(hrefs(shown))).toMatchObject({
      text: `${address}/text`,
      features: `${address}/features`,
    });
    expect(await json(`${address}/text`)).toBe(inputs.text);
    expect(await json(`${address}/features`)).toEqual({ ...features, token: { masked: true } });
    const refused = await post('returns-kept', JSON.stringify(shown));
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('/inputs/text')]);
    for (const path of ['', '/number', '/password', '/elsewhere'])
      expect((await bed.get(`/jobs/${jobId}/request/inputs${path}`)).status).toBe(404);
    const keys = async () => (await bed.store.keys()).filter((key) => key.includes(`${jobId}-inputs`));
    expect(await keys()).toEqual([expect.stringContaining('-inputs-kept-')]);
    await bed.delete(`/jobs/${jobId}`);
    await eventually('the inputs being gone', async () => (await keys()).length === 0);
  });

  it('are there for who may read the log, and nobody else', async () => {
    const jobId = await bed.submit('returns-guarded', { text: 'x'.repeat(30_000) }, { token: TOKEN });
    await bed.ended(jobId);
    const path = `/jobs/${jobId}/request/inputs/text`;
    expect([(await bed.get(path)).status, (await bed.get(path, 'wrong')).status]).toEqual([401, 401]);
    expect(await (await bed.get(path, TOKEN)).json()).toBe('x'.repeat(30_000));
  });

  it('are one object where there are too many to be named', async () => {
    const inputs = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`input-${n}`, n]));
    const jobId = await ended('returns-silently-kept', JSON.stringify({ inputs }));
    const shown = await shownOf(jobId);
    const rest = (await json(shown.omittedInputs?.href)) as Body;
    expect({ ...shown.inputs, ...rest }).toEqual(inputs);
  });
});

describe('the parameters of a status', () => {
  it('are the inputs as a text, as pygeoapi has them, in the list, too', async () => {
    const jobId = await ended('returns', '{"inputs":{"number":1.50,"password":"hush"}}');
    const parameters = '{"number":1.50,"password":"*"}';
    expect(await bed.status(jobId)).toMatchObject({ parameters });
    expect(await listed(jobId)).toMatchObject({ parameters });
  });

  it('have long values omitted, as they are kept in memory', async () => {
    const jobId = await ended('returns', JSON.stringify({ inputs: { number: 1, text: 'x'.repeat(5000) } }));
    expect((await shownOf(jobId)).inputs).toMatchObject({ text: 'x'.repeat(5000) });
    const { parameters } = (await bed.status(jobId)) as StatusInfo & { parameters: string };
    expect(JSON.parse(parameters)).toMatchObject({ number: 1, text: { omitted: { size: 5002 } } });
  });
});

describe('a Job', () => {
  const { shownRequest } = ownAnnotation;

  it('of an earlier version answers with what it has', async () => {
    const jobId = await ended('returns', '{"inputs":{"number":1.50,"password":"hush"},"outputs":{"inputs":{}}}');
    const known = { outputs: { inputs: { transmissionMode: 'value' } }, response: 'raw' };
    await annotate(jobId, { [shownRequest]: null, [nameOfSignature(shownRequest)]: null });
    expect(await shownOf(jobId)).toMatchObject({ ...known, inputs: { number: 1.5, password: { masked: true } } });
    await annotate(jobId, { 'pygeoapi.io/parameters': null });
    const shown = await shownOf(jobId);
    expect(shown).toMatchObject(known);
    expect(shown).not.toHaveProperty('inputs');
  });

  it('on which somebody else has written other inputs shows none', async () => {
    const jobId = await ended('returns', '{"inputs":{"text":"mine"}}');
    await annotate(jobId, { 'pygeoapi.io/parameters': '{"text":"theirs"}' });
    expect(await shownOf(jobId)).not.toHaveProperty('inputs');
  });
});
