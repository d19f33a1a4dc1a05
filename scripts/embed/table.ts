// Features as a table: what files of every format have in common.

import type { Encoded, EncodedRow } from '../measure/encode-items.js';

export interface FeatureTable extends Pick<Encoded, 'rows' | 'stages'> {
  /** Whether rows are frames. */
  readonly isPerFrame: boolean;
}

/** A file, in pieces. */
export interface TableFile {
  readonly path: string;
  readonly pieces: Iterable<string | Uint8Array>;
}

/** The files that a table becomes when it is asked for by a path. */
export type FormatTable = (table: FeatureTable, path: string) => readonly TableFile[];

/** Of the numbers of a row: stage and place. */
export const nameNumbers = ({ stages }: FeatureTable): string[] =>
  stages.flatMap(({ name, channels }) => Array.from({ length: channels }, (_, d) => `${name}_${d}`));

/** What says which file, and which frame of it, a row is of. */
export const nameKeys = ({ isPerFrame }: FeatureTable): string[] => ['path', 'split', 'label', ...(isPerFrame ? ['frame', 'time_s'] : [])];

/** In the order of `nameKeys`; an item without a label has none. */
export const keysOf = ({ item: { path, split, label = '' }, frame }: EncodedRow): string[] =>
  [path, split, label, ...(frame ? [String(frame.number), String(Number(frame.timeS.toFixed(6)))] : [])];
