import type { VisualisationSettings } from '../../config/configuration.js';
import type { Instance } from '../instance.js';
import type { VisualisationRecord } from '../visualisation-record.js';

export const settings: VisualisationSettings = {
  image: 'registry.example.org/viz-app',
  ingress: { domain: 'apps.example.org', class: 'nginx', classAs: 'annotation' },
  routes: 'ingress',
  allowed: {},
  reserved: [],
  nodeSelector: { pool: 'apps' },
  retries: 6,
  retrySeconds: 20,
  slowRetrySeconds: 300,
};

export const record = (imDataManager: unknown, more: Partial<VisualisationRecord> = {}): VisualisationRecord => ({
  name: 'viz-1',
  namespace: 'there',
  uid: 'uid-1',
  generation: 1,
  created: '2026-01-01T00:00:00Z',
  deleting: false,
  spec: { imDataManager },
  status: {},
  ...more,
});

/** With nothing set but the tag. */
export const plainInstance: Instance = {
  name: 'viz-1',
  namespace: 'there',
  uid: 'uid-1',
  image: 'registry.example.org/viz-app:0.1.4',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  serviceAccountName: 'default',
  automountServiceAccountToken: false,
  resources: { requests: { cpu: '10m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
  runAs: {},
  labels: {},
  instanceId: 'Unknown',
  owner: 'Unknown',
  nodeSelector: { pool: 'apps' },
  ingress: { domain: 'apps.example.org', class: 'nginx', classAs: 'annotation', bodySize: '1m' },
  hasIngress: true,
};

export const gateway = { parent: { namespace: 'infra', name: 'public', section: 'https' }, filters: [] };

export const owner = {
  apiVersion: 'squonk.it/v1',
  kind: 'DataVisualisation',
  name: 'viz-1',
  uid: 'uid-1',
  controller: true,
  blockOwnerDeletion: true,
};

export const ownLabels = {
  'app.kubernetes.io/managed-by': 'ogc-processes-k8s',
  'app.kubernetes.io/component': 'visualisation',
};
