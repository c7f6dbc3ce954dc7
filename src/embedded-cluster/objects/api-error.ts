/** `metav1.StatusCause`: what is wrong with which field. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly { reason: string; message: string; field?: string }[];
  readonly retryAfterSeconds?: number;
}

interface ResourceNames {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** A failure as the API server answers it: a `metav1.Status` with the HTTP status code. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string | undefined,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

function qualified(name: string, group: string): string {
  return group ? `${name}.${group}` : name;
}

function detailsOf(kind: string, group: string, name: string): StatusDetails {
  return { name, ...(group && { group }), kind };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function notFound(resource: ResourceNames, name: string): ApiError {
  const { group, plural } = resource;
  return new ApiError(
    404,
    'NotFound',
    `${qualified(plural, group)} "${name}" not found`,
    detailsOf(plural, group, name),
  );
}

export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function alreadyExists(resource: ResourceNames, name: string): ApiError {
  const { group, plural } = resource;
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(plural, group)} "${name}" already exists`,
    detailsOf(plural, group, name),
  );
}

export const MODIFIED_MEANWHILE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: ResourceNames, name: string, why: string): ApiError {
  const { group, plural } = resource;
  const message = `Operation cannot be fulfilled on ${qualified(plural, group)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(plural, group, name));
}

export function invalid(type: { group: string; kind: string }, name: string, causes: readonly Cause[]): ApiError {
  const list = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  const message = `${qualified(type.kind, type.group)} "${name}" is invalid: ${text}`;
  return new ApiError(422, 'Invalid', message, { ...detailsOf(type.kind, type.group, name), causes });
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** Builders of causes, with the messages of `k8s.io/apimachinery/pkg/util/validation/field`. */
export const cause = {
  required: (field: string, detail?: string): Cause => ({
    reason: 'FieldValueRequired',
    message: detail ? `Required value: ${detail}` : 'Required value',
    field,
  }),
  invalid: (field: string, value: unknown, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
    field,
  }),
  duplicate: (field: string, value: string): Cause => ({
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${JSON.stringify(value)}`,
    field,
  }),
  unsupported: (field: string, value: string, allowed: readonly string[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((each) => JSON.stringify(each)).join(', ')}`,
    field,
  }),
  forbidden: (field: string, detail: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field,
  }),
  tooLong: (field: string, bytes: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${bytes} bytes`,
    field,
  }),
};
