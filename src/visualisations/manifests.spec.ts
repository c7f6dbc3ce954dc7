import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { readVisualisationSettings } from '../config/sections/visualisations.section.js';
import { instanceDefaults, readInstance } from './instance.js';
import { instanceFaults, instanceSchema } from './instance-schema.js';
import { record } from './testing/instances.js';

const manifest = (name: string, folder = 'visualisations'): unknown[] =>
  parseAllDocuments(readFileSync(join(import.meta.dirname, '../../k8s-manifests', folder, name), 'utf8'), {
    merge: true,
  }).map((document) => document.toJSON() as unknown);

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}
const [definition] = manifest('crd.yaml') as [
  {
    spec: {
      versions: [
        { subresources: object; additionalPrinterColumns: { jsonPath: string }[]; schema: { openAPIV3Schema: Schema } },
      ];
    };
    metadata: { annotations: object };
  },
];
const [version] = definition.spec.versions;
const material = version.schema.openAPIV3Schema.properties['spec']?.properties['imDataManager'] as Schema;

/** Without what only one of the two can say. */
function comparable(schema: unknown): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === 'default' || key === 'additionalProperties' || key.startsWith('x-kubernetes-') ? undefined : value,
    ),
  );
}

function setAt(object: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) object[key] = value;
  else setAt((object[key] ??= {}) as Record<string, unknown>, rest, value);
}

describe('the manifests', () => {
  it('of the definition say what the operator checks, but for the form of labels and pull Secrets, which the status tells', () => {
    const { labels, imagePullSecrets, ...properties } = instanceSchema.properties;
    const { pattern: _pattern, ...items } = labels.items;
    const loose = { imagePullSecrets: { description: imagePullSecrets.description }, labels: { ...labels, items } };
    const description = 'What the Data Manager says.';
    expect(comparable(material)).toEqual(
      comparable({ ...instanceSchema, description, properties: { ...properties, ...loose } }),
    );
  });

  it('of the definition have the operator’s defaults', () => {
    const at = (...path: string[]) =>
      path.reduce<Schema | undefined>((schema, key) => schema?.properties[key], material);
    const amounts = (kind: string) => ({
      cpu: at('resources', kind, 'cpu')?.default,
      memory: at('resources', kind, 'memory')?.default,
    });
    expect([amounts('requests'), amounts('limits')]).toEqual([instanceDefaults.requests, instanceDefaults.limits]);
    expect(at('serviceAccountName')?.default).toBe(instanceDefaults.serviceAccountName);
    expect(at('ingressProxyBodySize')?.default).toBe(instanceDefaults.bodySize);
  });

  it('of the definition have a status of their own, columns, and what the Data Manager looks for', () => {
    expect(version.subresources).toEqual({ status: {} });
    expect(version.additionalPrinterColumns.map(({ jsonPath }) => jsonPath)).toContain('.status.viz.url');
    expect(definition.metadata.annotations).toEqual({
      'data-manager.informaticsmatters.com/application': 'yes',
      'data-manager.informaticsmatters.com/application-namespaces': expect.stringMatching(/^[^:]+:[^:]+$/),
      'data-manager.informaticsmatters.com/application-url-location': 'viz.url',
    });
  });

  it('of the application tell the Data Manager what it costs, and where each choice goes in the resource', () => {
    const [application] = manifest('data-manager-application.yaml') as [
      { metadata: { name: string }; data: Record<string, string> },
    ];
    // The Data Manager finds it by the name of the definition.
    expect(application.metadata.name).toBe('datavisualisations.squonk.it');
    const { data } = application;
    expect(Object.keys(data)).toEqual(['dm-app.config', 'dm-app.template', 'dm-app.template.mapping']);
    expect(data['dm-app.config']).toBe(
      '[cost]\n# Charging configuration\ncost = 1.00\nperiod = 1 hour\nunit = PxGi\npro rata = yes\n',
    );
    const template = JSON.parse(data['dm-app.template'] ?? '') as {
      required: string[];
      properties: Record<string, { enum: string[]; default?: string }>;
    };
    const mapping = JSON.parse(data['dm-app.template.mapping'] ?? '') as Record<string, string[]>;
    expect(Object.keys(mapping).toSorted()).toEqual(Object.keys(template.properties).toSorted());
    expect(mapping).toEqual({
      version: ['imageTag'],
      cpu: ['resources.limits.cpu', 'resources.requests.cpu'],
      memory: ['resources.limits.memory', 'resources.requests.memory'],
    });
    // What a user may choose is a resource that the operator takes.
    for (const choice of Object.keys(template.properties))
      for (const value of template.properties[choice]?.enum ?? []) {
        const imDataManager: Record<string, unknown> = { imageTag: '1' };
        for (const path of mapping[choice] ?? []) setAt(imDataManager, path.split('.'), value);
        expect(instanceFaults(imDataManager)).toEqual([]);
      }
  });

  it('of the configuration, which lets resources name as little as the example, and the example are right', () => {
    const objects = manifest('operator.yaml') as { kind: string; data?: Record<string, string> }[];
    const configuration = objects.find(({ kind }) => kind === 'ConfigMap')?.data?.['config.yaml'] ?? '';
    expect(parse(configuration, { version: '1.1' })).toEqual({ operators: ['visualisations'], processes_api: false });
    const operator = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
      spec: { template: { spec: { containers: [{ image: string; env: { name: string; value: string }[] }] } } };
    };
    const [{ image, env }] = operator.spec.template.spec.containers;
    const [server] = manifest('deployment.yaml', 'base') as (typeof operator)[];
    expect(image).toBe(server?.spec.template.spec.containers[0].image);
    const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const { settings, faults, warnings } = readVisualisationSettings(variables, undefined);
    expect([faults, warnings]).toEqual([[], []]);
    expect(settings.allowed).toEqual({
      ingressDomains: [],
      ingressClasses: [],
      ingressTlsSecrets: [],
      imagePullSecrets: ['ghcr-pull-secret'],
      projectClaims: ['project'],
      serviceAccounts: [],
      serviceAccountTokens: [],
    });
    expect(settings.reserved).not.toEqual([]);
    const [example] = manifest('example.yaml') as [{ apiVersion: string; spec: { imDataManager: object } }];
    expect(example.apiVersion).toBe('squonk.it/v1');
    expect(readInstance(record(example.spec.imDataManager), settings)).toMatchObject({
      imagePullSecrets: ['ghcr-pull-secret'],
      project: { claimName: 'project' },
    });
  });
});
