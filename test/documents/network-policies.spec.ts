import { describe, expect, it, test } from '@jest/globals';
import type { V1LabelSelector, V1NetworkPolicy } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { BlockList, isIPv6 } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeInspectionJob } from '../../src/inspections/make-inspection-job.js';
import { makeExecutionJob } from '../../src/jobs/execution/execution-job.js';
import { AllowedHosts, PUBLIC } from '../../src/outbound/allowed-hosts.js';
import { ownLabels } from '../../src/visualisations/names.js';

const policyOf = (component: string): V1NetworkPolicy =>
  parse(
    readFileSync(join(import.meta.dirname, `../../k8s-manifests/components/${component}/network-policy.yaml`), 'utf8'),
  ) as V1NetworkPolicy;
const egress = policyOf('jobs-egress');

function selects({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector, labels: Record<string, string> = {}) {
  if (matchExpressions.some(({ operator }) => operator !== 'In')) throw new Error('only In is known here');
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values = [] }) => values.includes(labels[key] ?? ''))
  );
}

const podSpec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] };
const job = makeExecutionJob({
  namespace: 'jobs',
  prefix: 'pygeoapi-job-',
  jobId: '1',
  processId: 'p',
  mainContainerName: 'main',
  podSpec,
  // What a processor or the configuration says of labels takes no pod out of a policy.
  notes: { labels: { 'app.kubernetes.io/component': 'other' } },
  podMetadata: { labels: { 'app.kubernetes.io/managed-by': 'me' }, annotations: {} },
  inputs: {},
  maskedInputs: {},
  mimetype: 'text/plain',
  request: { response: 'raw' },
  collected: true,
  now: new Date(0),
  settings: {},
});
const inspection = makeInspectionJob(
  { entryId: 'e', manager: 'm', podSpec, mainContainerName: 'main', deadlineSeconds: 1 },
  { namespace: 'jobs', number: 1, failures: 0 },
);

describe.each(['jobs-network-policy', 'jobs-egress'])('the component %s', (component) => {
  const { podSelector } = policyOf(component).spec ?? {};

  it('holds for the pods of jobs and of inspections, and for no others', () => {
    const labelsOf = ({ spec }: typeof job) => spec?.template.metadata?.labels;
    expect(selects(podSelector ?? {}, labelsOf(job))).toBe(true);
    expect(selects(podSelector ?? {}, labelsOf(inspection))).toBe(true);
    expect(selects(podSelector ?? {}, { ...ownLabels })).toBe(false);
    expect(selects(podSelector ?? {}, { app: 'k8s-job-manager' })).toBe(false);
  });
});

describe('what jobs’ pods may call', () => {
  const rules = egress.spec?.egress ?? [];
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  const listOf = (networks: readonly string[]) => {
    const list = new BlockList();
    for (const network of networks) {
      const [address = '', length] = network.split('/');
      list.addSubnet(address, Number(length), family(address));
    }
    return list;
  };
  /** At any port, whatever pod is there. */
  const reaches = (address: string): boolean =>
    rules
      .filter(({ ports }) => ports === undefined)
      .flatMap(({ to = [] }) => to)
      .some(
        ({ ipBlock }) =>
          ipBlock &&
          listOf([ipBlock.cidr]).check(address, family(address)) &&
          !listOf(ipBlock.except ?? []).check(address, family(address)),
      );

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    'fe80::a9fe:a9fe',
    '10.0.0.1',
    '10.96.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2001:0:a00:1::1',
    '2002:a00:1::1',
    'fc00::1',
    'fdff:ffff::1',
    'ff02::1',
  ])('is not %s', (address) => {
    expect(reaches(address)).toBe(false);
  });

  test.each(['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.128.0.0', '172.32.0.0', '192.169.0.0', '223.255.255.255'])(
    'is %s',
    (address) => {
      expect(reaches(address)).toBe(true);
    },
  );

  it('is in IPv6 what has a public address', () => {
    expect(['2606:4700::1111', '2a00:1450::1', '3ffe::1'].filter((address) => !reaches(address))).toEqual([]);
  });

  it('is nothing that the server would not fetch for a client', () => {
    const hosts = new AllowedHosts([PUBLIC]);
    const edges = Array.from({ length: 256 }, (_, first) => [
      `${first}.0.0.1`,
      `${first}.64.0.1`,
      `${first}.168.0.1`,
      `${first}.255.255.254`,
      `${first.toString(16)}00::1`,
      `${first.toString(16)}ff:ffff::1`,
    ]).flat();
    expect(edges.filter((address) => reaches(address) && !hosts.permits('h', address))).toEqual([]);
    expect(edges.filter((address) => !reaches(address) && hosts.permits('h', address))).toEqual([]);
  });

  it('is otherwise DNS and the server alone, at their ports', () => {
    const others = rules.filter(({ ports }) => ports !== undefined);
    expect(others.map(({ ports }) => ports?.map(({ port, protocol }) => `${protocol} ${port}`))).toEqual([
      ['UDP 53', 'TCP 53'],
      ['TCP 8080'],
    ]);
    expect(others[1]?.to).toEqual([{ podSelector: { matchLabels: { app: 'k8s-job-manager' } } }]);
    expect(rules).toHaveLength(3);
    expect(egress.spec?.policyTypes).toEqual(['Egress']);
  });
});
