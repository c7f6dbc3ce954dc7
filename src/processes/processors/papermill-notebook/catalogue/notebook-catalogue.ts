import { posix } from 'node:path';
import type { LocalizedText } from '../../../../config/configuration.js';
import type { ConfiguredProcess, ExpandedProcess, Finding } from '../../../processor.js';
import type { NotebookDefinition, NotebookEntryDefinition } from '../definition/notebook.definition.js';
import { type FoundNotebook, inputsOf, readFoundNotebooks } from './notebook-finding.js';
import { GIT_CHECKOUT } from '../definition/places.js';

type NotebookProcess = ConfiguredProcess<NotebookDefinition>;
type Expanded = ExpandedProcess<NotebookDefinition>;
type Entry = Readonly<Partial<NotebookEntryDefinition>>;

/** What is looked for: one notebook, or all that fit a pattern. Relative ones count from the home folder. */
export type SoughtNotebooks = { readonly path: string } | { readonly glob: string };

/** What has to be inspected so that a process can be described whole; empty: nothing. */
export function soughtNotebooks({ notebook, notebooks, metadata }: NotebookDefinition): SoughtNotebooks[] {
  if (notebook !== undefined) return metadata?.['inputs'] === undefined ? [{ path: notebook }] : [];
  return (notebooks ?? []).map(seek);
}

function seek({ path, glob, git }: Entry): SoughtNotebooks {
  if (path !== undefined) return { path };
  if (glob !== undefined) return { glob };
  const inRepository = posix.join(GIT_CHECKOUT, git ?? '');
  return /[*?[]/.test(inRepository) ? { glob: inRepository } : { path: inRepository };
}

/**
 * The processes of an entry of the configuration, as far as is known. One with a catalogue stands for its notebooks: those that it names are there from the start, those of patterns once they are found; until then a process of the
 * entry's own id says so, and cannot be executed.
 */
export function expandNotebooks(process: NotebookProcess, finding: Finding): Expanded[] {
  const { id, definition } = process;
  if (soughtNotebooks(definition).length === 0) return [process];
  const found = finding.state === 'found' ? readFoundNotebooks(finding.value) : undefined;
  const unknown = found ? undefined : reasonOf(finding);
  if (definition.notebook !== undefined) {
    const [notebook] = found?.notebooks ?? [];
    return [childOf(process, { id, path: definition.notebook, entry: {}, notebook, unknown })];
  }
  const children = childrenOf(definition, found?.notebooks ?? []).map((child) =>
    childOf(process, { ...child, unknown }),
  );
  const problem = found && found.problems.length > 0 ? found.problems.join('; ') : undefined;
  const isOpen = !found && soughtNotebooks(definition).some((sought) => 'glob' in sought);
  if (isOpen) return [...children, placeholderOf(process, unknown ?? '')];
  if (children.length === 0) return [placeholderOf(process, problem ?? 'there are no notebooks', problem)];
  const [first, ...others] = children as [Expanded, ...Expanded[]];
  return problem === undefined
    ? children
    : [{ ...first, problem: [first.problem, problem].filter(Boolean).join('; ') }, ...others];
}

function reasonOf(finding: Finding): string {
  if (finding.state === 'found') return 'what the inspection printed is not what was expected';
  return finding.reason ?? 'the notebooks are being looked at';
}

interface Child {
  readonly id: string;
  /** Of the notebook, as the configuration says it or as it was found. */
  readonly path: string;
  readonly entry: Entry;
  readonly notebook?: FoundNotebook;
}

function childrenOf({ notebooks = [] }: NotebookDefinition, found: readonly FoundNotebook[]): Child[] {
  return notebooks.flatMap((entry, at): Child[] => {
    const own = found.filter((notebook) => notebook.entry === at);
    const sought = seek(entry);
    if ('path' in sought) {
      const [notebook] = own;
      const id = entry.id ?? entryId(entry, stemOf(sought.path));
      return [{ id, path: sought.path, entry, ...(notebook ? { notebook } : {}) }];
    }
    const stems = own.map(({ path }) => stemOf(path));
    return own.map((notebook) => {
      const { path } = notebook;
      const stem = stemOf(path);
      const isAlone = stems.filter((other) => other === stem).length === 1;
      const id = entryId(entry, isAlone ? stem : `${stemOf(posix.dirname(path))}-${stem}`);
      return { id, path, entry, notebook };
    });
  });
}

function entryId({ id_prefix: prefix = '' }: Entry, stem: string): string {
  return prefix + stem;
}

/** The last part of a path, as an id. */
function stemOf(path: string): string {
  return posix
    .basename(path)
    .replace(/\.ipynb$/, '')
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
}

/** A process of one notebook, as one with `notebook` and `metadata` in the configuration is. */
function childOf(
  { definition }: NotebookProcess,
  { id, path, entry, notebook, unknown }: Child & { readonly unknown: string | undefined },
): Expanded {
  const { notebooks: _, metadata: common, ...rest } = definition;
  const own = { ...common, ...entry.metadata };
  const told = notebook?.problem ?? (notebook ? undefined : unknown);
  const parameters = notebook?.parameters;
  const description = entry.description ?? (own['description'] as LocalizedText | undefined) ?? notebook?.description;
  const isKnown = own['inputs'] !== undefined || parameters !== undefined;
  const metadata = {
    ...own,
    title: entry.title ?? own['title'] ?? notebook?.title ?? stemOf(path),
    ...(description === undefined ? {} : { description }),
    ...(!isKnown ? { description: withRemark(description, told) } : {}),
    ...(own['inputs'] === undefined && parameters ? { inputs: inputsOf(parameters) } : {}),
  };
  return {
    id,
    definition: { ...rest, notebook: path, metadata },
    ...(notebook?.problem === undefined ? {} : { problem: `${path}: ${notebook.problem}` }),
  };
}

function withRemark(description: LocalizedText | undefined, reason: string | undefined): LocalizedText {
  const remark = `Its inputs are not known: ${reason ?? 'the inspection did not tell of them'}. It takes any parameters, unchecked.`;
  const add = (text: string) => `${text}\n\n${remark}`;
  if (description === undefined) return remark;
  if (typeof description === 'string') return add(description);
  return Object.fromEntries(Object.entries(description).map(([language, text]) => [language, add(text)]));
}

/** Stands for notebooks that are not known. */
function placeholderOf({ id, definition }: NotebookProcess, reason: string, problem?: string): Expanded {
  const metadata = {
    title: definition.metadata?.['title'] ?? 'Notebooks',
    description: `The notebooks of this catalogue are not known: ${reason}.`,
    inputs: {},
  };
  return { id, definition: { ...definition, metadata }, ...(problem === undefined ? {} : { problem }) };
}
