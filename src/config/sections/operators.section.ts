import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import type { OperatorName } from '../configuration.js';
import { joinIndex } from '../paths.js';
import { YamlBoolean } from '../constraints.js';
import { describeFound, validateDefinition } from '../validation.js';
import { operatorNames } from '../variables.js';

/**
 * `operators` of the file, or the variable that stands over it.
 * @param variable names divided by commas; `none`: no operator, whatever the file says
 */
export function readOperators(
  operators: unknown,
  variable: string | undefined,
): { readonly names: readonly OperatorName[]; readonly faults: readonly ConfigurationFault[] } {
  if (variable !== undefined) return { names: parseOperators(variable), faults: [] };
  if (operators === undefined || operators === null) return { names: [], faults: [] };
  const allowed = operatorNames.join(', ');
  if (!Array.isArray(operators)) {
    const message = `must be a list of operators, of which there are: ${allowed} (${describeFound(operators)})`;
    return { names: [], faults: [{ path: 'operators', message }] };
  }
  const faults = operators.flatMap((name: unknown, at) =>
    isOperatorName(name)
      ? []
      : [{ path: joinIndex('operators', at), message: `must be one of ${allowed} (${describeFound(name)})` }],
  );
  return { names: unique(operators.filter(isOperatorName)), faults };
}

class ProcessesApiDefinition {
  @IsOptional()
  @YamlBoolean()
  processes_api?: boolean | null;
}

/** `processes_api` of the file, or the variable that stands over it. Without the API there must be an operator: else there is nothing to do. */
export function readProcessesApi(
  processesApi: unknown,
  file: string,
  variable: boolean | undefined,
  operators: readonly OperatorName[],
): { readonly isOn: boolean; readonly faults: readonly ConfigurationFault[] } {
  const { value, faults } = validateDefinition(ProcessesApiDefinition, { processes_api: processesApi }, file, '');
  const isOn = variable ?? value.processes_api ?? true;
  if (faults.length > 0 || isOn || operators.length > 0) return { isOn, faults };
  const message = `must be on, or an operator be set under operators, of which there are: ${operatorNames.join(', ')}`;
  return {
    isOn,
    faults: [
      {
        ...(variable === undefined ? { path: 'processes_api' } : { path: 'PROCESSES_API', file: 'environment' }),
        message,
      },
    ],
  };
}

/** `visualisations`, or names divided by commas; `none`: empty. Names must have been checked. */
export function parseOperators(text: string): readonly OperatorName[] {
  return unique(
    text
      .split(',')
      .map((name) => name.trim())
      .filter(isOperatorName),
  );
}

function isOperatorName(name: unknown): name is OperatorName {
  return operatorNames.some((known) => known === name);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
