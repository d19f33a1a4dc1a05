// A trunk on its way from one model to another: which arrays of a checkpoint take the place of first values. Pure; leaves out
// files, and whatever is no trunk: queues and optimizer state always begin anew, and so do heads, but for arrays that a task says it
// inherits and for heads that are asked for.

import { PretextError } from '../errors/pretext-error.js';
import type { NamedArray } from '../tensors/safetensors.js';

export const TRUNK = 'trunk/';
export const HEAD = 'head/';

/** An array of the model that is to begin, with its place among all values. */
export interface TargetArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  /** True for an array of no trunk that is taken all the same. */
  readonly inherited?: boolean;
}

export interface TransferOptions {
  /** Only so many blocks, counted from the input, with what comes before the first of them. Default: the whole trunk. */
  readonly blocks?: number | undefined;
  /** Arrays of the head too, where names and shapes are the same; of one at least. */
  readonly heads?: boolean | undefined;
  /** Names the checkpoint in errors. */
  readonly from: string;
}

export interface TransferReport {
  /** Names of arrays that came from the checkpoint. */
  readonly taken: readonly string[];
  /** Names of arrays that keep their first values. */
  readonly left: readonly string[];
  /** Names of those drawn by the moments of the checkpoint's. */
  readonly drawn?: readonly string[];
  /** Names of arrays of the checkpoint that were not used. */
  readonly unused: readonly string[];
  /** The library whose names the file has, where that is not ours. */
  readonly convention?: string;
}

/** Number of the block that an array is of, from 1; 0 for what is in none: `trunk/stage2/conv1/kernel` is of block 2. */
function blockOf(name: string): number {
  return Number(/^trunk\/[a-z-]+(\d+)\//i.exec(name)?.[1] ?? 0);
}

/** The arrays of the first blocks, and what is inherited. Blocks follow one another in the order of the forward pass; what is behind the last one is part of it. */
function listWanted(target: readonly TargetArray[], options: TransferOptions): readonly TargetArray[] {
  return [...listBlocks(target, options), ...target.filter(({ inherited }) => inherited)];
}

function listBlocks(target: readonly TargetArray[], { blocks, from }: TransferOptions): readonly TargetArray[] {
  const trunk = target.filter(({ name }) => name.startsWith(TRUNK));
  if (blocks === undefined) return trunk;
  const numBlocks = Math.max(0, ...trunk.map(({ name }) => blockOf(name)));
  if (blocks > numBlocks) {
    throw new PretextError('BAD_RECIPE', `init.blocks: expected at most the ${numBlocks} blocks of the trunk, given ${blocks}, from "${from}".`);
  }
  const end = trunk.findIndex(({ name }) => blockOf(name) > blocks);
  return end < 0 ? trunk : trunk.slice(0, end);
}

const MAX_NAMED = 10;

function describeMismatch({ name, shape }: TargetArray, stored: NamedArray | undefined): string {
  const given = stored ? `[${stored.shape.join(', ')}]` : 'nothing';
  return `${name}: expected [${shape.join(', ')}], given ${given}`;
}

function throwOnMismatch(wanted: readonly TargetArray[], byName: ReadonlyMap<string, NamedArray>, from: string): void {
  const mismatches = wanted
    .filter((array) => !isAlike(array, byName.get(array.name)))
    .map((array) => describeMismatch(array, byName.get(array.name)));
  if (mismatches.length === 0) return;
  const more = mismatches.length > MAX_NAMED ? [`and ${mismatches.length - MAX_NAMED} more`] : [];
  throw new PretextError('BAD_STATE', [`"${from}" is of another trunk:`, ...mismatches.slice(0, MAX_NAMED), ...more].join('\n  '), {
    hint: 'Give the recipe the model of the checkpoint, or take only the blocks that are the same with init.blocks.',
  });
}

const isAlike = ({ shape }: TargetArray, stored: NamedArray | undefined): boolean => stored?.shape.join() === shape.join();

/** The arrays of the head that the checkpoint has too. Throws BAD_RECIPE where it has none. */
function listHeads(target: readonly TargetArray[], byName: ReadonlyMap<string, NamedArray>, { heads, from }: TransferOptions): readonly TargetArray[] {
  if (heads !== true) return [];
  const all = target.filter(({ name, inherited }) => name.startsWith(HEAD) && inherited !== true);
  const fitting = all.filter((array) => isAlike(array, byName.get(array.name)));
  if (fitting.length > 0) return fitting;
  const reasons = all.slice(0, MAX_NAMED).map((array) => describeMismatch(array, byName.get(array.name)));
  throw new PretextError('BAD_RECIPE', [`init.heads: "${from}" has no array of the head that fits:`, ...reasons].join('\n  '), {
    hint: 'Leave init.heads out where another task, or other classes, were learnt before.',
  });
}

/**
 * Lays the trunk of a checkpoint over `values`, which it changes. Throws PretextError BAD_STATE, with every array that is missing
 * or of another shape, and BAD_RECIPE for more blocks than there are and for heads of which none fits.
 */
export function transferTrunk(values: Float32Array, target: readonly TargetArray[], stored: readonly NamedArray[], options: TransferOptions): TransferReport {
  const byName = new Map(stored.map((array) => [array.name, array]));
  const needed = listWanted(target, options);
  throwOnMismatch(needed, byName, options.from);
  const wanted = [...needed, ...listHeads(target, byName, options)];
  for (const { name, offset } of wanted) values.set(byName.get(name)!.values, offset);
  const taken = new Set(wanted.map(({ name }) => name));
  return {
    taken: [...taken],
    left: target.flatMap(({ name }) => (taken.has(name) ? [] : [name])),
    unused: stored.flatMap(({ name }) => (taken.has(name) ? [] : [name])),
  };
}
