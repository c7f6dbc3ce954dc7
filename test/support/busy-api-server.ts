import { KubeConfig } from '@kubernetes/client-node';
import { request, type RequestOptions } from 'node:https';

/** What a user may make, and in which share of the API server's places (API priority and fairness). */
export interface Share {
  /** A name for the share; cluster-wide. */
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A share of one place for the Jobs that a service account makes, and for nothing else. */
export function shareOfOnePlace({ name, namespace, serviceAccount }: Share): object[] {
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const metadata = { name };
  const limited = {
    nominalConcurrencyShares: 0,
    lendablePercent: 0,
    borrowingLimitPercent: 0,
    limitResponse: { type: 'Reject' },
  };
  const rule = {
    subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: serviceAccount, namespace } }],
    resourceRules: [{ verbs: ['create'], apiGroups: ['batch'], resources: ['jobs'], namespaces: [namespace] }],
  };
  return [
    { apiVersion, kind: 'PriorityLevelConfiguration', metadata, spec: { type: 'Limited', limited } },
    {
      apiVersion,
      kind: 'FlowSchema',
      metadata,
      // The API server lets one request at a time in where there are no places.
      spec: { matchingPrecedence: 10, priorityLevelConfiguration: { name }, rules: [rule] },
    },
  ];
}

/**
 * Takes a place of the API server with the creation of a Job whose body does not end, for a minute at the most.
 * @returns what gives the place back
 */
export async function takePlace(kubeconfig: string, namespace: string): Promise<() => void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: RequestOptions = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 1_000 },
    agent: false,
  };
  await config.applyToHTTPSOptions(options);
  const url = `${config.getCurrentCluster()?.server}/apis/batch/v1/namespaces/${namespace}/jobs`;
  const creation = request(url, options).on('error', () => undefined);
  creation.write('{');
  return () => void creation.destroy();
}
