/** Which state of an object a watch event brings. */
export interface StateOfObject {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly version: string;
}

/** Bytes within which the beginning of an event ends: names have at the most 253 characters. */
const BEGINNING = 1024;

/**
 * How the API server begins an event of an object in a namespace: the members of Kubernetes' types are always in this order
 * (https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go).
 */
const EVENT = new RegExp(
  '^{"type":"(?:ADDED|MODIFIED)","object":{"kind":"\\w+","apiVersion":"[\\w./-]+",' +
    '"metadata":{"name":"([^"\\\\]+)",(?:"generateName":"[^"\\\\]*",)?"namespace":"([^"\\\\]+)",' +
    '"uid":"([^"\\\\]+)","resourceVersion":"([^"\\\\]+)"',
);

/**
 * The state that a line of a watch brings, without reading all of it.
 * @returns undefined where the line does not begin as the API server writes it, or is no such event: then only reading it tells
 */
export function stateIn(line: Buffer): StateOfObject | undefined {
  const [, name, namespace, uid, version] = EVENT.exec(line.toString('latin1', 0, BEGINNING)) ?? [];
  if (name === undefined || namespace === undefined || uid === undefined || version === undefined) return undefined;
  return { name, namespace, uid, version };
}
