import type { StoreCapabilities } from '../../src/object-store/store-capabilities.js';

export type Cutter = 'client' | 'network' | 'kill';
export type Outcome = 'whole' | 'dropped' | 'refused' | 'noticed' | 'unnoticed';

/** By store; of cells, then by what is written, who cuts it and its size: a letter per position. */
export interface Measured {
  readonly versions: Readonly<Record<string, string>>;
  readonly findings: Readonly<Record<string, StoreCapabilities>>;
  readonly cells: Readonly<Record<string, Record<string, Record<string, Record<string, string>>>>>;
}

export const documentPath: string;
export const sizes: Readonly<Record<string, number>>;
export const cutters: readonly Cutter[];
export const positions: readonly string[];
export function readExpected(): Measured;
export function cellOf(
  expected: Measured,
  store: string,
  way: string,
  cutter: Cutter,
  size: string,
  position: string,
): Outcome | undefined;
export const letters: {
  note(store: string, way: string, cutter: Cutter, size: string, position: string, outcome: Outcome): void;
  found(store: string, findings: StoreCapabilities): void;
  write(kinds: readonly { readonly name: string; readonly version: string }[]): void;
};
export function withTables(document: string, expected?: Measured): string;
