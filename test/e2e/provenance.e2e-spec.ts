import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { onRealCluster } from '../support/cluster.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';

/** `TEST_PYTHON` names a Python that has the packages of test/clients/requirements.txt. */
const python = process.env['TEST_PYTHON'];
const withPython = python === undefined ? it.skip : it;
const embeddedOnly = onRealCluster ? it.skip : it;

const HEX = '0123456789abcdef'.repeat(4);
const PROCESSES = `
  told: &told
    type: process
    processor: &processor
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: true
      metadata:
        jobControlOptions: [sync-execute, async-execute, dismiss]
        inputs:
          text: { schema: { type: string }, minOccurs: 0 }
          number: { schema: { type: number }, minOccurs: 0 }
          password: { schema: { type: string }, minOccurs: 0 }
          "odd/id (1)": { schema: {}, minOccurs: 0 }
        outputs: { area: { schema: { type: string } } }
      command:
        - sh
        - -c
        - 'echo "PYGEOAPI_K8S_MANAGER_RESULT_START output=area mimetype=text/plain"; printf %s 12'
  told-to-some: { <<: *told, processor: { <<: *processor, results: token } }
  pinned: { <<: *told, processor: { <<: *processor, default_image: "busybox@sha256:${HEX}" } }
  goes-on: { <<: *told, processor: { <<: *processor, command: [sleep, '300'] } }
`;

interface Prov {
  readonly prefix: Readonly<Record<string, string>>;
  readonly activity: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly entity: Prov['activity'];
  readonly agent: Prov['activity'];
  readonly used: Prov['activity'];
  readonly wasGeneratedBy: Prov['activity'];
}

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start({}, { configuration: (text) => text + PROCESSES });
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const INPUTS = '{"text": "a", "number": 0.10, "password": "sesame", "odd/id (1)": {"a": [1]}}';

async function made(process: string, state = 'successful'): Promise<string> {
  const response = await fetch(`${bed.url}/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', authorization: `Bearer ${TOKEN}` },
    body: `{"inputs": ${INPUTS}}`,
  });
  if (response.status !== 201) throw new Error(await response.text());
  const { jobID } = (await response.json()) as StatusInfo;
  await bed.until(jobID, state);
  return jobID;
}
const provOf = async (id: string, token?: string) => (await (await bed.get(`/jobs/${id}/prov`, token)).json()) as Prov;

describe('the provenance of a job', () => {
  it('is what ran, on what, where, when, and what came of it', async () => {
    const id = await made('told');
    // The log is noted after the outcome.
    await bed.cluster.allReleased();
    const response = await bed.get(`/jobs/${id}/prov`, TOKEN);
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/^application\/json/),
      'no-store',
    ]);
    const text = await response.text();
    expect(text).not.toContain('sesame');
    const prov = JSON.parse(text) as Prov;
    const status = await bed.status(id, TOKEN);
    expect(prov.activity[`job:${id}`]).toMatchObject({
      'prov:startTime': status.started,
      'prov:endTime': status.finished,
      'prov:location': onRealCluster ? expect.any(String) : 'embedded',
    });
    expect(prov.entity).toMatchObject({
      'input:text': { 'prov:value': 'a' },
      'input:number': { 'prov:value': { $: '0.10', type: 'xsd:double' } },
      'input:odd/id%20%281%29': { 'prov:value': { $: '{"a":[1]}', type: 'rdf:JSON' } },
      'output:area': {
        'schema:encodingFormat': 'text/plain',
        'schema:sha256': createHash('sha256').update('12').digest('hex'),
      },
    });
    const log = await (await bed.get(`/jobs/${id}/logs`, TOKEN)).text();
    expect(prov.entity[`job:${id}/logs`]).toMatchObject({
      'schema:sha256': createHash('sha256').update(log).digest('hex'),
    });
    const [agent = '', ...others] = Object.keys(prov.agent);
    expect([agent, others]).toEqual([onRealCluster ? expect.stringMatching(/^sha256:/) : 'image:busybox', []]);
    expect(Object.values(prov.used)).toHaveLength(4);
    expect(Object.values(prov.wasGeneratedBy)).toHaveLength(2);
    // Names are addresses.
    expect(await (await fetch(`${prov.prefix['output']}area`)).text()).toBe('12');
  });

  embeddedOnly('names the image by the digest that its node reports', async () => {
    const { agent } = await provOf(await made('pinned'), TOKEN);
    expect(agent).toEqual({ [`sha256:${HEX}`]: expect.objectContaining({ 'prov:label': `busybox@sha256:${HEX}` }) });
  });

  it('tells inputs, node, image and log to those alone who may read the log', async () => {
    const prov = await provOf(await made('told'));
    expect([prov.used, prov.agent]).toEqual([{}, {}]);
    expect(Object.keys(prov.entity)).toEqual(['process:told', 'output:area']);
    const guarded = await made('told-to-some');
    expect((await bed.get(`/jobs/${guarded}/prov`)).status).toBe(401);
    expect((await bed.get(`/jobs/${guarded}/inputs`)).status).toBe(401);
    expect(Object.keys((await provOf(guarded, TOKEN)).used)).toHaveLength(4);
  });

  it('is linked to from the status of a job that has ended', async () => {
    const id = await made('told');
    const link = (await bed.status(id)).links.find(({ rel }) => rel === 'http://www.w3.org/ns/prov#has_provenance');
    expect(link?.href).toBe(`${bed.url}/jobs/${id}/prov`);
    const { conformsTo } = (await (await bed.get('/conformance')).json()) as { conformsTo: string[] };
    expect(conformsTo).toContain('http://www.opengis.net/spec/ogcapi-processes-4/1.0/conf/provenance');
  });

  it('of a job that goes on is what is known by then, and there is none of no job', async () => {
    const id = await made('goes-on', 'running');
    const { activity, entity } = await provOf(id, TOKEN);
    expect(activity[`job:${id}`]).toEqual({ 'prov:startTime': expect.any(String), 'schema:actionStatus': 'running' });
    expect(Object.keys(entity).filter((name) => name.startsWith('output:'))).toEqual([]);
    await bed.delete(`/jobs/${id}`, TOKEN);
    expect((await bed.get('/jobs/019ad0c5-3f5a-7c3e-8a53-5d1f0e6b7a42/prov', TOKEN)).status).toBe(404);
  });

  it('has beside it the inputs, and what was asked for of outputs', async () => {
    const id = await made('told');
    expect(await (await bed.get(`/jobs/${id}/inputs`, TOKEN)).json()).toMatchObject({
      inputs: { text: 'a', number: 0.1, password: { masked: true } },
      outputs: {},
      links: [{ rel: 'self', href: `${bed.url}/jobs/${id}/inputs` }, { rel: 'monitor' }],
    });
    expect((await bed.get(`/jobs/${id}/inputs`)).status).toBe(401);
  });

  withPython('is PROV-JSON to the library of those who made it', async () => {
    const id = await made('told');
    // Its log is stored, too.
    await bed.cluster.allReleased();
    const text = await (await bed.get(`/jobs/${id}/prov`, TOKEN)).text();
    const read = await new Promise<string>((done, reject) => {
      const child = execFile(python ?? '', ['test/clients/read_prov.py'], (error, stdout, stderr) =>
        error ? reject(new Error(stderr)) : done(stdout),
      );
      child.stdin?.end(text);
    });
    const job = `${bed.url}/jobs/${id}`;
    expect(JSON.parse(read)).toMatchObject({
      activities: [job],
      entities: [
        `${job}/logs`,
        `${job}/request/inputs/number`,
        `${job}/request/inputs/odd/id%20%281%29`,
        `${job}/request/inputs/password`,
        `${job}/request/inputs/text`,
        `${job}/results/area`,
        `${bed.url}/processes/told`,
      ],
      agents: [expect.any(String)],
    });
  });
});
