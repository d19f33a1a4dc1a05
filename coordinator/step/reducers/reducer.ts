// What turns the partial gradients of a step into the gradient that is applied, chunk by chunk, so that a chunk of the result can go out
// while others still come in.

import type { TreeNode } from '../../../shared/tensors/tree-sum.js';

export interface StepReducer {
  /**
   * Takes one chunk of a partial sum (and ownership of `values`). Returns the microbatches that are complete with it; undefined where
   * leaves of it are covered already and it is dropped: results that arrive twice are identical.
   * Throws RangeError when the chunk does not lie on the grid.
   */
  add(node: TreeNode, offset: number, values: Float32Array): number[] | undefined;
  /** True when something of the microbatch is in the sum. */
  isTouched(microbatch: number): boolean;
  /** True when the microbatch is complete. */
  isCovered(microbatch: number): boolean;
  /** The sum; whole once every chunk has been reported. */
  readonly sum: Float32Array;
  /** Chunks that are final, as ranges of the sum. */
  readonly reduced: readonly { readonly offset: number; readonly length: number }[];
  readonly isComplete: boolean;
}

export interface StepReducerOptions {
  readonly microbatches: number;
  /** Where the sum goes, as long as the flat gradient; what it holds does not matter. The caller's again when nobody reads it. */
  readonly sum: Float32Array;
  /** Elements of a chunk. */
  readonly chunkLength: number;
  /** Called when a chunk of the sum is final. */
  readonly onReduced: (offset: number, length: number) => void;
}

export type CreateReducer = (options: StepReducerOptions) => StepReducer;
