import { ValidatorConstraint, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { isMapping } from '../../config/validation.js';

type Members = Readonly<Record<string, unknown>>;

/** Kubernetes resource quantity (API reference, Quantity). */
const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function isQuantity(value: unknown): boolean {
  return (typeof value === 'number' && Number.isFinite(value)) || (typeof value === 'string' && QUANTITY.test(value));
}

@ValidatorConstraint({ name: 'isQuantity' })
export class IsQuantity implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isQuantity(value);
  }

  defaultMessage(): string {
    return '$property must be a Kubernetes quantity such as 512Mi';
  }
}

@ValidatorConstraint({ name: 'isQuantities' })
export class IsQuantities implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isMapping(value) && Object.values(value).every(isQuantity);
  }

  defaultMessage(): string {
    return '$property must map resources to Kubernetes quantities, such as cpu: 500m, memory: 1Gi';
  }
}

@ValidatorConstraint({ name: 'isEnvironmentValue' })
export class IsEnvironmentValue implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isAbsent(value) || ['string', 'number', 'boolean'].includes(typeof value);
  }

  defaultMessage(): string {
    return '$property must be a text, a number or a boolean';
  }
}

/** Of several groups of keys exactly one must be there, whole. Its argument is the groups. */
@ValidatorConstraint({ name: 'eitherOf' })
export class EitherOf implements ValidatorConstraintInterface {
  validate(_: unknown, { object, constraints }: ValidationArguments): boolean {
    const present = (key: string) => !isAbsent((object as Members)[key]);
    const groups = constraints as string[][];
    const touched = groups.filter((group) => group.some(present));
    return touched.length === 1 && touched.every((group) => group.every(present));
  }

  defaultMessage({ constraints }: ValidationArguments): string {
    const groups = (constraints as string[][]).map((group) => group.join(' with '));
    return `$property must stand beside either ${groups.join(' or ')}`;
  }
}

/** The entries of a list must have different names; what is no list of mappings is judged elsewhere. */
@ValidatorConstraint({ name: 'uniqueNames' })
export class UniqueNames implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (!Array.isArray(value)) return true;
    const names = value.filter(isMapping).map((entry) => entry['name']);
    return new Set(names).size === names.length;
  }

  defaultMessage(): string {
    return '$property must not have two entries of one name';
  }
}

/** Init containers pass to Kubernetes as they are; what it would refuse at each execution is found at start. */
@ValidatorConstraint({ name: 'initContainers' })
export class InitContainers implements ValidatorConstraintInterface {
  validate(value: unknown, context: ValidationArguments): boolean {
    return initContainersFault(value, volumesOf(context)) === undefined;
  }

  defaultMessage(context: ValidationArguments): string {
    return `$property ${initContainersFault(context.value, volumesOf(context)) ?? 'is wrong'}`;
  }
}

function volumesOf({ object }: ValidationArguments): unknown[] {
  const storage = (object as Members)['storage'];
  return Array.isArray(storage) ? storage.filter(isMapping).map((entry) => entry['name']) : [];
}

function initContainersFault(value: unknown, volumes: readonly unknown[]): string | undefined {
  if (!Array.isArray(value)) return 'must be a list of Kubernetes containers';
  const names = new Set<unknown>();
  for (const [at, container] of value.entries()) {
    if (!isMapping(container) || typeof container['name'] !== 'string' || typeof container['image'] !== 'string')
      return `must be a list of Kubernetes containers: entry ${at} needs a name and an image`;
    if (names.has(container['name'])) return `must not name a container twice (${container['name']})`;
    names.add(container['name']);
    const fault =
      nameFault(container['name'], container['image']) ??
      environmentFault(container['env']) ??
      mountFault(container['volumeMounts'], volumes);
    if (fault) return `must hold containers that Kubernetes takes: container ${container['name']}: ${fault}`;
  }
  return undefined;
}

function nameFault(name: string, image: string): string | undefined {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    return 'name must be a DNS label: lower case letters, digits and dashes, at most 63';
  return image.trim() === '' ? 'image must not be empty' : undefined;
}

function environmentFault(env: unknown): string | undefined {
  if (isAbsent(env)) return undefined;
  if (!Array.isArray(env)) return 'env must be a list';
  const wrong: unknown = env.find(
    (variable) => !isMapping(variable) || !isFilled(variable['name']) || !isTextOrAbsent(variable['value']),
  );
  if (wrong === undefined) return undefined;
  return `env must hold names with text values, quoted where they look like a number or a boolean`;
}

function mountFault(mounts: unknown, volumes: readonly unknown[]): string | undefined {
  if (isAbsent(mounts)) return undefined;
  if (!Array.isArray(mounts)) return 'volumeMounts must be a list';
  const wrong: unknown = mounts.find((mount) => !isMapping(mount) || !volumes.includes(mount['name']));
  if (wrong === undefined)
    return mounts.every((mount) => isFilled((mount as Members)['mountPath']))
      ? undefined
      : 'volumeMounts must have a mountPath each';
  const known = volumes.length > 0 ? volumes.join(', ') : 'none';
  return `volumeMounts must name volumes of storage (known: ${known})`;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTextOrAbsent(value: unknown): boolean {
  return isAbsent(value) || typeof value === 'string';
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
