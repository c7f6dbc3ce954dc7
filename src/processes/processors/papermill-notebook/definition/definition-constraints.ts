import { ValidatorConstraint, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { isMapping } from '../../../../config/validation.js';
import { RESERVED_ENVIRONMENT } from '../../pod-definition.js';

/** Whether all of a text matches a pattern of the configuration (Python's `re.fullmatch`). */
export function matchesWhole(pattern: string, text: string): boolean {
  return wholePattern(pattern).test(text);
}

function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

@ValidatorConstraint({ name: 'isRegularExpression' })
export class IsRegularExpression implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    try {
      return typeof value === 'string' && wholePattern(value) instanceof RegExp;
    } catch {
      return false;
    }
  }

  defaultMessage(): string {
    return '$property must be a regular expression, in the syntax of JavaScript';
  }
}

/** A list of mappings with a name each. */
@ValidatorConstraint({ name: 'namedMappings' })
export class NamedMappings implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return Array.isArray(value) && value.every((entry) => isMapping(entry) && typeof entry['name'] === 'string');
  }

  defaultMessage(): string {
    return '$property must be a list of Kubernetes volumes, each with a name';
  }
}

/** Mounts pass to Kubernetes as they are; one of a volume that is not there would be refused at each execution. */
@ValidatorConstraint({ name: 'volumeMounts' })
export class VolumeMounts implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    const volumes = namesOf((object as Readonly<Record<string, unknown>>)['extra_volumes']);
    return (
      Array.isArray(value) &&
      value.every(
        (mount) => isMapping(mount) && volumes.includes(mount['name']) && typeof mount['mountPath'] === 'string',
      )
    );
  }

  defaultMessage(): string {
    return '$property must be a list of Kubernetes volume mounts, each with a mountPath and the name of one of extra_volumes';
  }
}

function namesOf(volumes: unknown): unknown[] {
  return Array.isArray(volumes) ? volumes.filter(isMapping).map((volume) => volume['name']) : [];
}

/** A security context of the definition stands whole, so that the two would contradict each other. */
@ValidatorConstraint({ name: 'besidesPodSecurityContext' })
export class BesidesPodSecurityContext implements ValidatorConstraintInterface {
  validate(_: unknown, { object }: ValidationArguments): boolean {
    return (object as Readonly<Record<string, unknown>>)['pod_security_context'] === undefined;
  }

  defaultMessage(): string {
    return '$property must not stand beside pod_security_context: set runAsUser and runAsGroup there';
  }
}

/** A mapping of environment variables that the server does not set itself. */
@ValidatorConstraint({ name: 'variableNames' })
export class VariableNames implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return (
      isMapping(value) &&
      Object.keys(value).every(
        (name) => /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name) && !RESERVED_ENVIRONMENT.includes(name),
      )
    );
  }

  defaultMessage(): string {
    return '$property must map names of environment variables, other than those that the server sets, to values';
  }
}

/** Entries of `notebooks`, each with one of path, glob and git, and beside nothing that makes no sense. */
@ValidatorConstraint({ name: 'notebookEntries' })
export class NotebookEntries implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    return this.fault(value, object as Readonly<Record<string, unknown>>) === undefined;
  }

  defaultMessage({ value, object }: ValidationArguments): string {
    return `$property ${this.fault(value, object as Readonly<Record<string, unknown>>)}`;
  }

  private fault(value: unknown, definition: Readonly<Record<string, unknown>>): string | undefined {
    if (!Array.isArray(value) || value.length === 0 || !value.every(isMapping))
      return 'must be a list of at least one notebook';
    if (definition['notebook'] !== undefined) return 'must not stand beside notebook';
    const has = (entry: Readonly<Record<string, unknown>>, key: string) => entry[key] !== undefined;
    for (const [at, entry] of value.entries()) {
      if (['path', 'glob', 'git'].filter((key) => has(entry, key)).length !== 1)
        return `must have in each entry one of path, glob and git (entry ${at + 1} has not)`;
      if (has(entry, 'git') && definition['checkout_git_repo'] === undefined)
        return `must have git only beside checkout_git_repo (entry ${at + 1})`;
      const isPattern = has(entry, 'glob') || /[*?[]/.test(String(entry['git'] ?? ''));
      if (isPattern && has(entry, 'id'))
        return `must have id only for one notebook, and id_prefix for several (entry ${at + 1})`;
    }
    return undefined;
  }
}
