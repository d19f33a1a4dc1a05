// Gradients of one step summed along the canonical tree, until no further one of this worker can be summed with them; and the buffers that
// they lie in, which are used again.

import { canStillMerge, createTreeSum, leavesOf, type TreeNode, type TreeSum } from '../../shared/tensors/tree-sum.js';
import { sharedFloats } from '../compute/protocol.js';

export interface PartialSumsOptions {
  readonly microbatches: number;
  readonly gradientLength: number;
  /** Resolves when the values are not needed any more. */
  send(step: number, node: TreeNode, values: Float32Array): Promise<void>;
}

export class PartialSums {
  readonly #options: PartialSumsOptions;
  readonly #free: Float32Array[] = [];
  /** Microbatches whose gradient is in the tree, or will be when it is computed. */
  readonly #expected = new Set<number>();
  #tree: TreeSum;

  constructor(options: PartialSumsOptions) {
    this.#options = options;
    this.#tree = this.#createTree();
  }

  /** A buffer for the gradient of a microbatch; what it holds does not matter. */
  expect(microbatch: number): Float32Array {
    this.#expected.add(microbatch);
    return this.#free.pop() ?? sharedFloats(this.#options.gradientLength);
  }

  add(microbatch: number, gradient: Float32Array): void {
    if (!this.#tree.insert({ level: 0, index: microbatch }, gradient)) this.giveBack(gradient);
  }

  giveBack(gradient: Float32Array): void {
    this.#free.push(gradient);
  }

  /** Sends what can be summed with nothing more that is leased. */
  flush(step: number, isLeased: (microbatch: number) => boolean): void {
    const { microbatches, send } = this.#options;
    const isHereOrPending = (leaf: number): boolean => this.#expected.has(leaf) || isLeased(leaf);
    for (const { node, values } of this.#tree.takeWhere((each) => !canStillMerge(each, microbatches, isHereOrPending))) {
      const { start, end } = leavesOf(node, microbatches);
      for (let leaf = start; leaf < end; leaf++) this.#expected.delete(leaf);
      void send(step, node, values).then(() => this.giveBack(values));
    }
  }

  /** Forgets what is there: another step begins. */
  startOver(): void {
    this.#tree = this.#createTree();
    this.#expected.clear();
  }

  #createTree(): TreeSum {
    return createTreeSum(this.#options.microbatches, (values) => this.giveBack(values));
  }
}
