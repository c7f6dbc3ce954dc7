import { beforeAll, describe, expect, it } from '@jest/globals';
import { getMetadataStorage } from 'class-validator';
import { ProcessorDefinition } from '../../src/processes/registry/processor-definition.js';
import {
  BucketDefinition,
  SecretDefinition,
} from '../../src/processes/processors/papermill-notebook/definition/container.definition.js';
import {
  ContainerImageDefinition,
  containerImageInputs,
} from '../../src/processes/processors/papermill-notebook/container-image.processor.js';
import {
  ExtraClaimDefinition,
  GitRepositoryDefinition,
  NotebookDefinition,
  NotebookEntryDefinition,
} from '../../src/processes/processors/papermill-notebook/definition/notebook.definition.js';
import { notebookInputs } from '../../src/processes/processors/papermill-notebook/inputs/notebook-inputs.js';
import { namesTest, readDocument } from '../../src/testing/named-test.js';

const keysOf = (definition: new () => object): string[] => {
  const all = getMetadataStorage().getTargetValidationMetadatas(definition, '', false, false);
  return [...new Set(all.map(({ propertyName }) => propertyName))];
};
const nested: Readonly<Record<string, new () => object>> = {
  s3: BucketDefinition,
  secrets: SecretDefinition,
  extra_pvcs: ExtraClaimDefinition,
  checkout_git_repo: GitRepositoryDefinition,
  notebooks: NotebookEntryDefinition,
};

/** Keys and inputs (the first column), and the tests that show them, of the table under a heading. */
function tableUnder(heading: string): { keys: string[]; tests: string[] }[] {
  const [, part = ''] =
    new RegExp(`^## ${heading}$(.*?)(?=^#|$(?![^]))`, 'ms').exec(readDocument('docs/notebooks.md')) ?? [];
  return part
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, keys = '', , tests = '']) => ({
      keys: [...keys.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key),
      tests: tests.split('<br>'),
    }));
}

describe.each([
  [
    'Every key',
    () => {
      const common = new Set(keysOf(ProcessorDefinition));
      const own = [...new Set([...keysOf(NotebookDefinition), ...keysOf(ContainerImageDefinition)])].filter(
        (key) => !common.has(key),
      );
      return own.flatMap((key) => [key, ...(nested[key] ? keysOf(nested[key]).map((each) => `${key}.${each}`) : [])]);
    },
  ],
  ['Every input', () => [...new Set([...Object.keys(notebookInputs), ...Object.keys(containerImageInputs)])]],
] as const)('%s of the processors for notebooks', (heading, expected) => {
  let rows: ReturnType<typeof tableUnder>;
  beforeAll(() => {
    rows = tableUnder(heading);
  });

  it('has a row in docs/notebooks.md, once', () => {
    expect(rows.flatMap(({ keys }) => keys).toSorted()).toEqual(expected().toSorted());
  });

  it('has a test there that exists', () => {
    const wrong = rows.flatMap(({ keys, tests }) =>
      tests.filter((test) => !namesTest(test)).map((test) => [keys, test]),
    );
    expect(wrong).toEqual([]);
  });
});
