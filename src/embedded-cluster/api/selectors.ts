import { ApiError, badRequest } from '../objects/api-error.js';
import type { KubeObject } from '../objects/kubernetes-object.js';

export type Matcher = (object: KubeObject) => boolean;

const everything: Matcher = () => true;
const REQUIREMENT =
  /^(!?)\s*([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)\s*(?:(=|==|!=)\s*([-A-Za-z0-9_.]*)|\s+(in|notin)\s*\(([^)]*)\))?$/;

/**
 * A label selector (`a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas).
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @throws ApiError 400
 */
export function labelSelector(text: string | undefined): Matcher {
  if (!text?.trim()) return everything;
  const tests = splitOutsideParentheses(text).map((part) => {
    const match = REQUIREMENT.exec(part.trim());
    if (!match) throw badRequest(`unable to parse requirement: "${part.trim()}"`);
    const [, not, key = '', , operator, value, setOperator, set] = match;
    if (not && (operator ?? setOperator)) throw badRequest(`unable to parse requirement: "${part.trim()}"`);
    const values = new Set((set ?? value ?? '').split(',').map((each) => each.trim()));
    return (labels: Readonly<Record<string, string>>): boolean => {
      const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (operator === undefined && setOperator === undefined) return (label !== undefined) !== (not === '!');
      const contained = label !== undefined && values.has(label);
      return operator === '!=' || setOperator === 'notin' ? !contained : contained;
    };
  });
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

/**
 * A field selector (`a=b`, `a!=b`, joined by commas) over the fields that the resource can be selected by.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 * @throws ApiError 400 for any other field
 */
export function fieldSelector(text: string | undefined, kind: string, selectable: readonly string[]): Matcher {
  if (!text?.trim()) return everything;
  const tests = text.split(',').map((part) => {
    const match = /^\s*([^=!\s]+)\s*(=|==|!=)\s*(.*?)\s*$/.exec(part);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator, value] = match;
    if (!selectable.includes(field))
      throw new ApiError(400, 'BadRequest', `field label "${field}" not supported for ${kind}`);
    const path = field.split('.');
    return (object: KubeObject): boolean => (fieldValue(object, path) === value) !== (operator === '!=');
  });
  return (object) => tests.every((test) => test(object));
}

function fieldValue(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const step of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return value === undefined || value === null ? '' : String(value);
}
