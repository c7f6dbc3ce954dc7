import { describe, expect, it, test } from '@jest/globals';
import type { VisualisationSettings } from '../config/configuration.js';
import { InvalidInstanceError, NotAllowedError, readInstance } from './instance.js';
import { gateway, record, settings } from './testing/instances.js';

const lists: VisualisationSettings['allowed'] = {
  ingressDomains: ['viz.example.org', '*.teams.example.org'],
  ingressClasses: ['traefik'],
  ingressTlsSecrets: ['wildcard'],
  gateways: ['team/own'],
  imagePullSecrets: ['other-pull'],
  projectClaims: ['project'],
  serviceAccounts: ['viewer', 'builder'],
  serviceAccountTokens: ['builder'],
};
const none: VisualisationSettings['allowed'] = {
  ingressDomains: [],
  ingressClasses: [],
  ingressTlsSecrets: [],
  gateways: [],
  imagePullSecrets: [],
  projectClaims: [],
  serviceAccounts: [],
  serviceAccountTokens: [],
};
const routed: VisualisationSettings = { ...settings, gateway, routes: 'both', imagePullSecret: 'pull' };
const read = (material: object, over: Partial<VisualisationSettings> = {}, name = 'viz-1') =>
  readInstance(record({ imageTag: '1', ...material }, { name }), { ...routed, allowed: lists, ...over });
const refusalsOf = (...args: Parameters<typeof read>): readonly string[] => {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof NotAllowedError) return error.faults;
    throw error;
  }
  return [];
};

describe('what a resource may name', () => {
  test.each<[string, object]>([
    ['a host of the list', { ingressDomain: 'viz.example.org' }],
    ['a host beneath one of the list', { ingressDomain: 'a.teams.example.org' }],
    ['the default host', { ingressDomain: 'apps.example.org' }],
    ['an ingress class of the list', { ingressClass: 'traefik' }],
    ['the default ingress class', { ingressClass: 'nginx' }],
    ['a Secret of the list', { ingressTlsSecret: 'wildcard' }],
    ['a Gateway of the list', { gateway: 'team/own' }],
    ['the default Gateway', { gateway: 'infra/public/https' }],
    ['an image pull Secret of the list, and the default one', { imagePullSecrets: ['other-pull', 'pull'] }],
    ['an image pull Secret of the list as text', { imagePullSecrets: 'other-pull' }],
    ['a claim of the list', { project: { claimName: 'project', id: 'p' } }],
    ['a service account of the list', { serviceAccountName: 'viewer' }],
    ['the default service account', { serviceAccountName: 'default' }],
    [
      'the token of a service account of that list',
      { serviceAccountName: 'builder', automountServiceAccountToken: true },
    ],
    ['no token', { serviceAccountName: 'viewer', automountServiceAccountToken: false }],
    ['nothing', { ingressDomain: '', ingressClass: '', ingressTlsSecret: '', serviceAccountName: '' }],
  ])('is %s', (_what, material) => {
    expect(refusalsOf(material)).toEqual([]);
  });

  const place = 'spec.imDataManager';
  test.each<[string, object, string]>([
    [
      'another host',
      { ingressDomain: 'evil.example.org' },
      `${place}.ingressDomain must be one of apps.example.org, viz.example.org, *.teams.example.org (is "evil.example.org")`,
    ],
    [
      'a host two labels beneath',
      { ingressDomain: 'a.b.teams.example.org' },
      `${place}.ingressDomain must be one of apps.example.org, viz.example.org, *.teams.example.org (is "a.b.teams.example.org")`,
    ],
    [
      'what a pattern stands beneath',
      { ingressDomain: 'teams.example.org' },
      `${place}.ingressDomain must be one of apps.example.org, viz.example.org, *.teams.example.org (is "teams.example.org")`,
    ],
    [
      'another ingress class',
      { ingressClass: 'internal' },
      `${place}.ingressClass must be one of nginx, traefik (is "internal")`,
    ],
    [
      'another Secret',
      { ingressTlsSecret: 'api-tls' },
      `${place}.ingressTlsSecret must be one of wildcard (is "api-tls")`,
    ],
    [
      'another listener',
      { gateway: 'infra/public/http' },
      `${place}.gateway must be one of infra/public/https, team/own (is "infra/public/http")`,
    ],
    [
      'another image pull Secret',
      { imagePullSecrets: ['pull', 'root-of-registry'] },
      `${place}.imagePullSecrets[1] must be one of pull, other-pull (is "root-of-registry")`,
    ],
    [
      'another claim',
      { project: { claimName: 'database', id: 'p' } },
      `${place}.project.claimName must be one of project (is "database")`,
    ],
    [
      'another service account',
      { serviceAccountName: 'admin' },
      `${place}.serviceAccountName must be one of default, viewer, builder (is "admin")`,
    ],
    [
      'the token of another service account',
      { serviceAccountName: 'viewer', automountServiceAccountToken: true },
      `${place}.automountServiceAccountToken must be false with the service account viewer: only builder may have a token (is true)`,
    ],
    [
      'the token of the default service account',
      { automountServiceAccountToken: true },
      `${place}.automountServiceAccountToken must be false with the service account default: only builder may have a token (is true)`,
    ],
  ])('is not %s', (_what, material, message) => {
    expect(refusalsOf(material)).toEqual([message]);
  });

  it('is the defaults alone where the lists are empty, all of it told at once', () => {
    const material = {
      ingressDomain: 'viz.example.org',
      ingressClass: 'traefik',
      ingressTlsSecret: 'wildcard',
      serviceAccountName: 'viewer',
      automountServiceAccountToken: true,
    };
    expect(refusalsOf(material, { allowed: none })).toEqual([
      `${place}.ingressDomain must be one of apps.example.org (is "viz.example.org")`,
      `${place}.ingressClass must be one of nginx (is "traefik")`,
      `${place}.ingressTlsSecret must not be set (is "wildcard")`,
      `${place}.serviceAccountName must be one of default (is "viewer")`,
      `${place}.automountServiceAccountToken must be false with the service account viewer: no account may have a token (is true)`,
    ]);
    const others = { gateway: 'team/own', imagePullSecrets: 'x', project: { claimName: 'project', id: 'p' } };
    expect(refusalsOf(others, { allowed: none })).toEqual([
      `${place}.gateway must be one of infra/public/https (is "team/own")`,
      `${place}.imagePullSecrets[0] must be one of pull (is "x")`,
      `${place}.project.claimName must not be set (is "project")`,
    ]);
    const ingress = { ...settings.ingress, tlsSecret: 'tls' };
    expect(refusalsOf({ ingressTlsSecret: 'tls' }, { allowed: none, ingress })).toEqual([]);
    expect(refusalsOf({}, { allowed: none })).toEqual([]);
  });

  it('is anything where there are no lists, as the predecessor had it', () => {
    const material = {
      ingressDomain: 'any.example.org',
      ingressClass: 'any',
      ingressTlsSecret: 'any',
      serviceAccountName: 'any',
      automountServiceAccountToken: true,
      gateway: 'any/gateway',
      imagePullSecrets: ['any'],
      project: { claimName: 'any', id: 'p' },
    };
    expect(read(material, { allowed: {} })).toMatchObject({
      gateway: { parent: { namespace: 'any', name: 'gateway' } },
      imagePullSecrets: ['any'],
      project: { claimName: 'any' },
      serviceAccountName: 'any',
      automountServiceAccountToken: true,
      ingress: { domain: 'any.example.org', class: 'any', tlsSecret: 'any' },
    });
  });

  test.each([{ gateway: undefined, routes: 'ingress' } as const, { routes: 'ingress' } as const])(
    'is no Gateway where the operator makes no HTTPRoutes (%j)',
    (over) => {
      expect(refusalsOf({ gateway: 'infra/public/https' }, over)).toEqual([
        `${place}.gateway must not be set: the operator makes no HTTPRoutes (is "infra/public/https")`,
      ]);
    },
  );

  it('is looked at once it has no faults', () => {
    const material = { imageTag: 'a b', ingressDomain: 'evil.example.org' };
    expect(() => read(material)).toThrow(InvalidInstanceError);
    expect(() => read(material)).not.toThrow(NotAllowedError);
  });
});

describe('the token of the service account', () => {
  test.each<[string, object, VisualisationSettings['allowed'], boolean | undefined]>([
    ['is not mounted unasked', {}, lists, false],
    ['is not mounted for an account that is only named', { serviceAccountName: 'builder' }, lists, false],
    [
      'is mounted where it is asked for',
      { serviceAccountName: 'builder', automountServiceAccountToken: true },
      lists,
      true,
    ],
    ['is not mounted unasked without lists', {}, {}, false],
    [
      'of the default account, as the definition fills it in, is not mounted',
      { serviceAccountName: 'default' },
      {},
      false,
    ],
    ['is as an account says that is named, without lists', { serviceAccountName: 'viewer' }, {}, undefined],
    [
      'is not mounted where it is not wanted',
      { serviceAccountName: 'viewer', automountServiceAccountToken: false },
      {},
      false,
    ],
  ])('%s', (_what, material, allowed, expected) => {
    expect(read(material, { allowed }).automountServiceAccountToken).toBe(expected);
  });
});

describe('the address of the API', () => {
  const free = { allowed: {} };
  const api = { ...free, reserved: [{ host: 'api.example.org' }] };

  it('is a host that no resource takes', () => {
    expect(refusalsOf({ ingressDomain: 'api.example.org' }, api)).toEqual([
      `spec.imDataManager.ingressDomain must be another host than the API’s (is "api.example.org")`,
    ]);
    expect(refusalsOf({ ingressDomain: 'other.example.org' }, api)).toEqual([]);
    expect(refusalsOf({}, api, 'jobs')).toEqual([]);
  });

  it('is no host of a list, either', () => {
    const allowed = { ingressDomains: ['api.example.org'] };
    expect(refusalsOf({ ingressDomain: 'api.example.org' }, { ...api, allowed })).toHaveLength(1);
  });

  it('is a path that no resource takes, where it has one', () => {
    const reserved = [{ host: 'apps.example.org', segment: 'ogc' }];
    expect(refusalsOf({}, { ...free, reserved }, 'ogc')).toEqual([
      'metadata.name must be another than the API’s paths at apps.example.org, which are ogc (is "ogc")',
    ]);
    expect(refusalsOf({}, { ...free, reserved }, 'ogc-1')).toEqual([]);
    expect(refusalsOf({ ingressDomain: 'other.example.org' }, { ...free, reserved }, 'ogc')).toEqual([]);
  });

  it('is each of its paths, where it shares the host of the instances', () => {
    const reserved = [{ host: 'apps.example.org' }];
    expect(refusalsOf({}, { ...free, reserved }, 'jobs')).toEqual([
      expect.stringMatching(
        /^metadata\.name must be another than the API’s paths at apps\.example\.org, .*\bjobs, .*\(is "jobs"\)$/,
      ),
    ]);
    expect(refusalsOf({ ingressDomain: 'apps.example.org' }, { ...free, reserved }, 'processes')).toHaveLength(1);
    expect(refusalsOf({}, { ...free, reserved }, 'viz-1')).toEqual([]);
  });
});
