import { groupVersion, type Resource } from '../objects/resource.js';
import { RESOURCES } from '../objects/resources.js';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+embedded',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch}`,
};

/**
 * The answer to a discovery path, or undefined for any other path.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
export function discovery(path: string): object | undefined {
  if (path === '/version') return VERSION;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) };
  if (path === '/openapi/v3')
    return {
      paths: Object.fromEntries(
        groupVersions().map((each) => [apiPath(each).slice(1), { serverRelativeURL: `/openapi/v3${apiPath(each)}` }]),
      ),
    };
  const group = groups().find((each) => path === `/apis/${each}`);
  if (group) return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) };
  const version = groupVersions().find((each) => path === apiPath(each));
  if (version)
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: version,
      resources: inVersion(version).flatMap(apiResources),
    };
  const described = groupVersions().find((each) => path === `/openapi/v3${apiPath(each)}`);
  return described === undefined ? undefined : openApi(described);
}

function groups(): string[] {
  return [...new Set(RESOURCES.map(({ group }) => group).filter(Boolean))];
}

function groupVersions(): string[] {
  return [...new Set(RESOURCES.map(groupVersion))];
}

function inVersion(version: string): Resource[] {
  return RESOURCES.filter((resource) => groupVersion(resource) === version);
}

function apiPath(version: string): string {
  return version.includes('/') ? `/apis/${version}` : `/api/${version}`;
}

function apiGroup(name: string): object {
  const versions = groupVersions()
    .filter((each) => each.startsWith(`${name}/`))
    .map((each) => ({ groupVersion: each, version: each.split('/')[1] }));
  return { name, versions, preferredVersion: versions[0] };
}

function apiResources(resource: Resource): object[] {
  const { plural, singular, kind, namespaced, shortNames, categories, virtual, statusSubresource } = resource;
  const of = (name: string, verbs: readonly string[]): object => ({ name, singularName: '', namespaced, kind, verbs });
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: virtual ? ['create'] : VERBS,
      ...(shortNames && { shortNames }),
      ...(categories && { categories }),
    },
    ...(statusSubresource ? [of(`${plural}/status`, ['get', 'patch', 'update'])] : []),
    ...(plural === 'pods' ? [of('pods/log', ['get']), of('pods/eviction', ['create'])] : []),
  ];
}

/** No schemas: just what tells `kubectl` that the server takes `fieldValidation`, so that it does not ask for schemas to validate by itself. */
function openApi(version: string): object {
  const [group = '', name] = version.includes('/') ? version.split('/') : ['', version];
  const paths = inVersion(version).map((resource) => [
    `${apiPath(version)}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}/{name}`,
    {
      patch: {
        parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
        responses: {},
        'x-kubernetes-group-version-kind': { group, version: name, kind: resource.kind },
      },
    },
  ]);
  return {
    openapi: '3.0.0',
    info: { title: 'embedded cluster', version: VERSION.gitVersion },
    paths: Object.fromEntries(paths) as object,
  };
}
