import {
  findCondition,
  type ClusterEvent,
  type Job,
  type KeyedData,
  type KubeObject,
} from '../objects/kubernetes-object.js';
import { podColumns } from './pod-table.js';
import { resourceId, type Resource } from '../objects/resource.js';
import { duration, type Column } from './table-column.js';

const name: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const age: Column = { name: 'Age', cell: ({ metadata }) => since(metadata.creationTimestamp) };

const jobColumns: readonly Column<Job>[] = [
  name,
  { name: 'Status', cell: jobState },
  { name: 'Completions', cell: ({ spec, status }) => `${status.succeeded ?? 0}/${spec.completions ?? 1}` },
  {
    name: 'Duration',
    cell: ({ status: { startTime, completionTime } }) =>
      startTime === undefined
        ? ''
        : duration((completionTime === undefined ? Date.now() : Date.parse(completionTime)) - Date.parse(startTime)),
  },
  age,
  {
    name: 'Containers',
    wide: true,
    cell: ({ spec }) => (spec.template.spec?.containers ?? []).map((container) => container.name).join(','),
  },
  {
    name: 'Images',
    wide: true,
    cell: ({ spec }) => (spec.template.spec?.containers ?? []).map(({ image }) => image).join(','),
  },
  {
    name: 'Selector',
    wide: true,
    cell: ({ spec }) =>
      Object.entries(spec.selector?.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
  },
];

function jobState({ metadata, status }: Job): string {
  const states = ['Complete', 'Failed'].find((type) => findCondition(status.conditions, type));
  if (states) return states;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['FailureTarget', 'SuccessCriteriaMet'].find((type) => findCondition(status.conditions, type)) ?? 'Running';
}

const lastSeen = (event: ClusterEvent): string =>
  since(event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp);

const eventColumns: readonly Column<ClusterEvent>[] = [
  { name: 'Last Seen', cell: lastSeen },
  { name: 'Type', cell: ({ type = '' }) => type },
  { name: 'Reason', cell: ({ reason = '' }) => reason },
  { name: 'Object', cell: ({ involvedObject: { kind = '', name: object = '' } }) => `${kind.toLowerCase()}/${object}` },
  { name: 'Subobject', wide: true, cell: ({ involvedObject }) => involvedObject.fieldPath ?? '' },
  { name: 'Source', wide: true, cell: ({ source }) => [source?.component, source?.host].filter(Boolean).join(', ') },
  { name: 'Message', cell: ({ message = '' }) => message.trim() },
  {
    name: 'First Seen',
    wide: true,
    cell: (event) => since(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp),
  },
  { name: 'Count', type: 'integer', wide: true, cell: ({ count = 1 }) => count },
  { ...name, wide: true },
];

const keyCount: Column<KeyedData> = {
  name: 'Data',
  type: 'integer',
  cell: ({ data }) => Object.keys(data ?? {}).length,
};

const COLUMNS: Readonly<Record<string, readonly Column<never>[]>> = {
  'jobs.batch': jobColumns,
  pods: podColumns,
  events: eventColumns,
  namespaces: [name, { name: 'Status', cell: () => 'Active' }, age],
  configmaps: [name, keyCount, age],
  secrets: [name, { name: 'Type', cell: (secret) => (secret as { type?: string }).type ?? '' }, keyCount, age],
};

/**
 * `meta.k8s.io/v1` Table, which `kubectl get` asks for.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
export function table(
  resource: Resource,
  objects: readonly KubeObject[],
  include: string,
  listMeta: object,
  withColumns = true,
): object {
  const columns = (COLUMNS[resourceId(resource)] ?? [name, age]) as readonly Column[];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMeta,
    columnDefinitions: withColumns
      ? columns.map((column) => ({
          name: column.name,
          type: column.type ?? 'string',
          format: column.name === 'Name' ? 'name' : '',
          description: column.name,
          priority: column.wide ? 1 : 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object)),
      object: included(object, include),
    })),
  };
}

function included(object: KubeObject, include: string): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function since(time: string | null | undefined): string {
  return time ? duration(Date.now() - Date.parse(time)) : '<unknown>';
}
