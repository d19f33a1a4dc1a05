// Sums the partial gradients of one step along the canonical tree. Leaves out: who sends, and when a step counts as done.

import { createTreeSum, leavesOf, type TreeNode, type TreeSum } from '../../../shared/tensors/tree-sum.js';
import type { StepReducer, StepReducerOptions } from './reducer.js';

export function createTreeSumReducer({ microbatches, sum, chunkLength, onReduced }: StepReducerOptions): StepReducer {
  const { length } = sum;
  const numChunks = Math.ceil(length / chunkLength);
  const trees: (TreeSum | undefined)[] = Array.from({ length: numChunks }, () => createTreeSum(microbatches));
  const coveredLengths = new Float64Array(microbatches);
  const reduced: { offset: number; length: number }[] = [];

  function lengthAt(offset: number): number {
    return Math.min(chunkLength, length - offset);
  }

  function finish(chunk: number, total: Float32Array): void {
    const offset = chunk * chunkLength;
    sum.set(total, offset);
    trees[chunk] = undefined;
    reduced.push({ offset, length: total.length });
    onReduced(offset, total.length);
  }

  function cover(node: TreeNode, amount: number): number[] {
    const { start, end } = leavesOf(node, microbatches);
    const complete: number[] = [];
    for (let leaf = start; leaf < end; leaf++) {
      coveredLengths[leaf]! += amount;
      if (coveredLengths[leaf] === length) complete.push(leaf);
    }
    return complete;
  }

  return {
    add(node, offset, values) {
      const { start, end } = leavesOf(node, microbatches);
      if (offset % chunkLength !== 0 || offset >= length || values.length !== lengthAt(offset) || start >= end) {
        throw new RangeError(`a chunk of ${values.length} at ${offset} for node ${node.level}/${node.index} is not on the grid`);
      }
      const chunk = offset / chunkLength;
      const tree = trees[chunk];
      if (!tree?.insert(node, values)) return undefined;
      const total = tree.root();
      if (total) finish(chunk, total);
      return cover(node, values.length);
    },
    isTouched: (microbatch) => coveredLengths[microbatch]! > 0,
    isCovered: (microbatch) => coveredLengths[microbatch] === length,
    sum,
    reduced,
    get isComplete() {
      return reduced.length === numChunks;
    },
  };
}
