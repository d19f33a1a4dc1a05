// A class that an item may have or not is a question of two answers. Loads no tensor library.

import { naturalLog } from '../../augment/ops/logarithm.js';
import { sharesOf, type ClassWeights } from '../labels/class-weights.js';
import type { DataSizes } from '../task.js';

/** What each answer counts, that it is there first: of a class by the inverse of how frequent it is, 1 on average. An answer that never is counts nothing. */
export function weighPairs(option: ClassWeights, sizes: DataSizes): readonly (readonly [number, number])[] | undefined {
  if (option === 'none') return undefined;
  const invert = (share: number): number => (share > 0 ? 1 / (2 * share) : 0);
  return sharesOf(sizes).map((share) => [invert(share), invert(1 - share)]);
}

/** What a guesser loses who knows how frequent each class is, averaged over the classes. */
export function entropyOf(shares: readonly number[]): number {
  const lossOf = (share: number): number => (share > 0 ? -share * naturalLog(share) : 0);
  return shares.reduce((sum, share) => sum + lossOf(share) + lossOf(1 - share), 0) / shares.length;
}
