/** Bytes within which it shows who wrote an answer and what of: names have at the most 253 characters. */
const BEGINNING = 1024;

/**
 * How the API server begins a Job or a pod, an event of one, or a list of them: the members of these types are always in one order, in
 * which `managedFields` is the last of `metadata`, and `spec` follows
 * (https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go).
 */
const OF_JOBS_OR_PODS = new RegExp(
  '^(?:\\{"type":"\\w+","object":)?\\{"kind":"(?:Job|Pod)","apiVersion":"[\\w/]+","metadata":\\{"name":"' +
    '|^\\{"kind":"(?:Job|Pod)List","apiVersion":"[\\w/]+","metadata":\\{[^{}]*\\},"items":\\[\\{"metadata":\\{"name":"',
);
const FIELDS = Buffer.from(',"managedFields":[');
/** No string of JSON holds this, for its quotes are escaped there, and no member of what is managed is called so. */
const END_OF_FIELDS = Buffer.from(']},"spec":');

/**
 * JSON of the API server as text, Jobs and pods without their `managedFields`: who set which field, up to half of each object, which nobody
 * here reads. To cut it out costs less than to parse it (docs/performance.md). Whatever else is as it was. Linear.
 */
export function withoutManagedFields(json: Buffer): string {
  if (!OF_JOBS_OR_PODS.test(json.toString('latin1', 0, BEGINNING))) return json.toString('utf8');
  let text = '';
  let kept = 0;
  let end = -1;
  for (let fields = json.indexOf(FIELDS); fields !== -1;) {
    if (end < fields) end = json.indexOf(END_OF_FIELDS, fields);
    if (end === -1) break;
    const next = json.indexOf(FIELDS, fields + FIELDS.length);
    if (next === -1 || end < next) {
      text += json.toString('utf8', kept, fields);
      kept = end + 1;
    }
    fields = next;
  }
  return text + json.toString('utf8', kept);
}
