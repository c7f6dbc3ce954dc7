import { describe, expect, it } from '@jest/globals';
import { parseJson } from '../../json/parse-json.js';
import { type Provenance, provDocument } from './prov-document.js';

const ID = '0198c5a0-0000-7000-8000-000000000001';
const HEX = '0123456789abcdef'.repeat(4);
const job: Provenance = {
  jobId: ID,
  processId: 'buffer',
  status: 'successful',
  started: new Date('2026-01-01T12:00:00Z'),
  finished: new Date('2026-01-01T12:00:05Z'),
  outputs: new Map(),
};
const document = (more: Partial<Provenance> = {}) => provDocument({ ...job, ...more }, 'https://example.org/ogc');
/** As it is sent. */
const sent = (more: Partial<Provenance>) => JSON.parse(JSON.stringify(document(more))) as ReturnType<typeof document>;

describe('the provenance of a job', () => {
  it('is what is known of it to who reads its results', () => {
    const outputs = new Map([
      ['area', { mediaType: 'application/geo+json', size: 12, digest: `sha256:${HEX}` }],
      ['', { mediaType: 'text/plain', size: 3, digest: '' }],
    ]);
    const { prefix, ...statements } = document({ outputs });
    expect(prefix).toMatchObject({
      job: 'https://example.org/ogc/jobs/',
      process: 'https://example.org/ogc/processes/',
      output: `https://example.org/ogc/jobs/${ID}/results/`,
    });
    const activity = `job:${ID}`;
    const time = '2026-01-01T12:00:05.000Z';
    expect(statements).toEqual({
      activity: {
        [activity]: {
          'prov:startTime': '2026-01-01T12:00:00.000Z',
          'prov:endTime': time,
          'schema:actionStatus': 'successful',
        },
      },
      entity: {
        'process:buffer': { 'prov:type': { $: 'prov:Plan', type: 'prov:QUALIFIED_NAME' }, 'prov:label': 'buffer' },
        'output:area': {
          'prov:label': 'area',
          'schema:encodingFormat': 'application/geo+json',
          'schema:contentSize': { $: '12', type: 'xsd:integer' },
          'schema:sha256': HEX,
        },
        [`job:${ID}/results`]: {
          'schema:encodingFormat': 'text/plain',
          'schema:contentSize': { $: '3', type: 'xsd:integer' },
        },
      },
      agent: {},
      used: {},
      wasGeneratedBy: {
        '_:wasGeneratedBy1': { 'prov:entity': 'output:area', 'prov:activity': activity, 'prov:time': time },
        '_:wasGeneratedBy2': { 'prov:entity': `job:${ID}/results`, 'prov:activity': activity, 'prov:time': time },
      },
      wasAssociatedWith: { '_:wasAssociatedWith1': { 'prov:activity': activity, 'prov:plan': 'process:buffer' } },
    });
  });

  it('names images by their digests, where the kubelet reported them, and its owner', () => {
    const images = [
      { container: 'main', image: 'example.org/buffer:1', digest: `sha256:${HEX}` },
      { container: 'side', image: 'busybox:1.36' },
    ];
    const { activity, agent, wasAssociatedWith } = document({
      ran: { node: 'node-1', images },
      used: { cpuSeconds: 1.5, memoryByteSeconds: 4e9, memoryPeakBytes: 5e8, samples: 3 },
      owner: { label: 'u-1', name: 'Ann' },
    });
    const software = { $: 'prov:SoftwareAgent', type: 'prov:QUALIFIED_NAME' };
    expect(agent).toEqual({
      [`sha256:${HEX}`]: { 'prov:type': software, 'prov:label': 'example.org/buffer:1' },
      'image:busybox%3A1.36': { 'prov:type': software, 'prov:label': 'busybox:1.36' },
      'owner:u-1': { 'prov:type': { $: 'prov:Person', type: 'prov:QUALIFIED_NAME' }, 'prov:label': 'Ann' },
    });
    const of = { 'prov:activity': `job:${ID}`, 'prov:plan': 'process:buffer' };
    expect(Object.values(wasAssociatedWith)).toEqual([
      { ...of, 'prov:agent': `sha256:${HEX}`, 'prov:role': 'main' },
      { ...of, 'prov:agent': 'image:busybox%3A1.36', 'prov:role': 'side' },
      { ...of, 'prov:agent': 'owner:u-1', 'prov:role': 'owner' },
    ]);
    expect(activity[`job:${ID}`]).toMatchObject({
      'prov:location': 'node-1',
      'usage:processorSeconds': { $: '1.5', type: 'xsd:double' },
      'usage:memoryByteSeconds': { $: '4000000000', type: 'xsd:double' },
      'usage:memoryPeakBytes': { $: '500000000', type: 'xsd:double' },
      'usage:samples': { $: '3', type: 'xsd:integer' },
    });
  });

  it('has each input as it may be shown, numbers to the digit', () => {
    const inputs = parseJson(`{
      "text": "a", "number": 12345678901234567890, "tenth": 0.10, "yes": true, "list": [1, "b"],
      "secret": {"masked": true}, "link": {"href": "https://example.org/a.tif", "type": "image/tiff"},
      "large": {"omitted": {"size": 9, "sha256": "${HEX}", "href": "https://example.org/in"}}, "-a/b (ü).": null
    }`) as Record<string, unknown>;
    const rest = { count: 2, size: 7, sha256: HEX };
    const { entity, used } = sent({ request: { inputs, omittedInputs: rest }, processId: '', log: { size: 4 } });
    expect(entity).toEqual({
      'input:text': { 'prov:label': 'text', 'prov:value': 'a' },
      'input:number': { 'prov:label': 'number', 'prov:value': { $: '12345678901234567890', type: 'xsd:integer' } },
      'input:tenth': { 'prov:label': 'tenth', 'prov:value': { $: '0.10', type: 'xsd:double' } },
      'input:yes': { 'prov:label': 'yes', 'prov:value': { $: 'true', type: 'xsd:boolean' } },
      'input:list': { 'prov:label': 'list', 'prov:value': { $: '[1,"b"]', type: 'rdf:JSON' } },
      'input:secret': { 'prov:label': 'secret' },
      'input:link': {
        'prov:label': 'link',
        'prov:location': { $: 'https://example.org/a.tif', type: 'xsd:anyURI' },
        'schema:encodingFormat': 'image/tiff',
      },
      'input:large': {
        'prov:label': 'large',
        'prov:location': { $: 'https://example.org/in', type: 'xsd:anyURI' },
        'schema:contentSize': { $: '9', type: 'xsd:integer' },
        'schema:sha256': HEX,
      },
      'input:%2Da/b%20%28%C3%BC%29%2E': { 'prov:label': '-a/b (ü).', 'prov:value': { $: 'null', type: 'rdf:JSON' } },
      [`job:${ID}/request/inputs`]: { 'schema:contentSize': { $: '7', type: 'xsd:integer' }, 'schema:sha256': HEX },
      [`job:${ID}/logs`]: { 'schema:contentSize': { $: '4', type: 'xsd:integer' } },
    });
    expect(Object.keys(used)).toHaveLength(10);
    expect(used['_:used1']).toEqual({ 'prov:activity': `job:${ID}`, 'prov:entity': 'input:text' });
  });

  it('of a job that goes on is what is known by then', () => {
    const { activity, wasGeneratedBy } = document({ status: 'accepted', started: undefined, finished: undefined });
    expect(activity).toEqual({ [`job:${ID}`]: { 'schema:actionStatus': 'accepted' } });
    expect(wasGeneratedBy).toEqual({});
  });
});
