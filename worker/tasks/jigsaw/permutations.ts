// Which permutations a jigsaw is laid in: few of the many, as unlike each other as can be, for two that differ by one swap could hardly
// be told apart. Algorithm 1 of Noroozi and Favaro 2016 with the least Hamming distance where it has the mean, which lets near ones in.

import { createRandom } from '../../../shared/random/random.js';

/** The same for every run: two runs with one recipe have one puzzle. */
const KEY = { seed: 1, epoch: 0, sample: 0, purpose: 'jigsaw permutations' };

/** All permutations of 0..length-1 in lexicographic order, one after another. */
function listAll(length: number): Uint8Array {
  if (length === 1) return Uint8Array.of(0);
  const shorter = listAll(length - 1);
  const all = new Uint8Array(shorter.length * ((length * length) / (length - 1)));
  let to = 0;
  for (let first = 0; first < length; first++) {
    for (let from = 0; from < shorter.length; from += length - 1) {
      all[to++] = first;
      for (let k = 0; k < length - 1; k++) {
        const next = shorter[from + k]!;
        all[to++] = next < first ? next : next + 1;
      }
    }
  }
  return all;
}

const PACKED = 8;

/** The first eight places of each, four bits a place, and the others after them. */
function pack(all: Uint8Array, length: number): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const packFrom = (start: number, end: number): Uint32Array => Uint32Array.from({ length: all.length / length }, (_, i) => {
    let packed = 0;
    for (let k = start; k < end; k++) packed |= all[i * length + k]! << (4 * (k - start));
    return packed;
  });
  return { low: packFrom(0, Math.min(length, PACKED)), high: packFrom(PACKED, length) };
}

/** How many of eight numbers of four bits differ. */
function countDifferent(a: number, b: number): number {
  const bits = a ^ b;
  const different = (bits | (bits >>> 1) | (bits >>> 2) | (bits >>> 3)) & 0x11111111;
  return Math.imul(different, 0x11111111) >>> 28;
}

/**
 * `count` permutations of 0..length-1, one after another: the first at random but the same always, each next one the farthest from its
 * nearest among those before; of several such the one farthest on average, then the first in lexicographic order. `count` is at most length!.
 */
export function choosePermutations(length: number, count: number): Uint8Array {
  const all = listAll(length);
  const numAll = all.length / length;
  const { low, high } = pack(all, length);
  const least = new Uint8Array(numAll).fill(length + 1);
  const total = new Uint32Array(numAll);
  const chosen = new Uint8Array(count * length);
  let next = createRandom(KEY).int(numAll);
  for (let i = 0; i < count; i++) {
    chosen.set(all.subarray(next * length, (next + 1) * length), i * length);
    const [lowOfChosen, highOfChosen] = [low[next]!, high[next]!];
    next = 0;
    for (let candidate = 0; candidate < numAll; candidate++) {
      const distance = countDifferent(low[candidate]!, lowOfChosen) + countDifferent(high[candidate]!, highOfChosen);
      if (distance < least[candidate]!) least[candidate] = distance;
      total[candidate]! += distance;
      if (least[candidate]! > least[next]! || (least[candidate] === least[next] && total[candidate]! > total[next]!)) next = candidate;
    }
  }
  return chosen;
}
