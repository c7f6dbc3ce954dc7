import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestCluster, onRealCluster } from '../support/cluster.js';
import { apply, kubectl } from '../support/kubectl.js';
import { kubeconfigWith } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const RIGHTS = [
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

/** Refuses every Job that the server under test wants to make, and nothing else: its share of the API server's places is none. */
function withoutPlaces(namespace: string): object[] {
  const metadata = { name: namespace };
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'PriorityLevelConfiguration',
      metadata,
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 0,
          lendablePercent: 0,
          borrowingLimitPercent: 0,
          limitResponse: { type: 'Reject' },
        },
      },
    },
    {
      apiVersion,
      kind: 'FlowSchema',
      metadata,
      spec: {
        matchingPrecedence: 10,
        priorityLevelConfiguration: { name: namespace },
        rules: [
          {
            subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: 'manager', namespace } }],
            resourceRules: [{ verbs: ['create'], apiGroups: ['batch'], resources: ['jobs'], namespaces: [namespace] }],
          },
        ],
      },
    },
  ];
}

(onRealCluster ? describe : describe.skip)('an execution', () => {
  let bed: TestBed;
  const made: [string, string][] = [];
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    bed = await TestBed.start({ KUBECONFIG: await kubeconfigWith(cluster, RIGHTS) }, { cluster });
  }, 120_000);
  afterAll(async () => {
    for (const [kind, name] of made) await kubectl(bed.cluster, ['delete', '--ignore-not-found', kind, name]);
    await (bed as TestBed | undefined)?.stop();
  }, 120_000);

  const execute = async () => {
    const response = await bed.execute('instant', {}, { prefer: 'respond-async' });
    const { detail } = (await response.json()) as { detail?: string };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), detail };
  };
  const refused = (what: string) =>
    eventually(what, async () => {
      const answer = await execute();
      return answer.status !== 201 && answer;
    });
  const served = () => eventually('an execution that is served', async () => (await execute()).status === 201);

  it('that the API server has no place for is answered with 503 and when to try again, and served once it has', async () => {
    const name = bed.cluster.namespace;
    made.push(['flowschema', name], ['prioritylevelconfiguration', name]);
    await apply(bed.cluster, withoutPlaces(name));
    const jobs = async () => (await bed.cluster.kubeJobs()).length;
    const answer = await refused('the API server refusing');
    expect(answer).toEqual({ status: 503, retryAfter: '1', detail: expect.stringMatching(/nothing was created/) });
    const before = await jobs();
    expect((await execute()).status).toBe(503);
    expect(await jobs()).toBe(before);
    expect((await bed.get('/jobs')).status).toBe(200);
    await kubectl(bed.cluster, ['delete', 'flowschema', name]);
    await served();
  }, 180_000);

  it('above the quota of the namespace is answered with 503 and when to try again, and served once jobs are gone', async () => {
    made.push(['resourcequota', 'jobs']);
    await apply(bed.cluster, [
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'jobs' },
        spec: { hard: { 'count/jobs.batch': '0' } },
      },
    ]);
    expect(await refused('the quota')).toEqual({
      status: 503,
      retryAfter: '30',
      detail: expect.stringMatching(/quota of the namespace/),
    });
    await kubectl(bed.cluster, ['delete', 'resourcequota', 'jobs']);
    await served();
  }, 180_000);
});
