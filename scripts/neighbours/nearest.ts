// Which features point the same way: nearest items, and pairs that are nearly the same. Sums in float64.

import { setImmediate } from 'node:timers/promises';
import { PretextError } from '../../shared/errors/pretext-error.js';

/** An item by its number, and how far it is: 1 less the cosine of the angle between both. */
export interface Neighbour {
  readonly index: number;
  readonly distance: number;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

/** The nearest of some units to one of them, itself left out: the nearest first, of equal ones the earlier. */
export function findNearest(units: readonly Float64Array[], asked: number, among: readonly number[], count: number): Neighbour[] {
  return among.filter((index) => index !== asked)
    .map((index) => ({ index, distance: 1 - dot(units[asked]!, units[index]!) }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, count);
}

export interface AlikeOptions {
  readonly firsts: readonly number[];
  readonly seconds: readonly number[];
  readonly least: number;
  readonly signal: AbortSignal;
}

export interface Pair {
  readonly first: number;
  readonly second: number;
  /** Cosine of the angle between both. */
  readonly likeness: number;
}

/**
 * For each of the first ones its nearest of the second ones, where they are at least that alike: the most alike first. Lets others work in
 * between. Throws PretextError CANCELLED on abort.
 */
export async function findAlike(units: readonly Float64Array[], { firsts, seconds, least, signal }: AlikeOptions): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const first of firsts) {
    await setImmediate();
    if (signal.aborted) throw new PretextError('CANCELLED', 'Looking for near-duplicates was stopped.');
    let best: Pair | undefined;
    for (const second of seconds) {
      const likeness = dot(units[first]!, units[second]!);
      if (likeness >= (best?.likeness ?? least) && likeness !== best?.likeness) best = { first, second, likeness };
    }
    if (best) pairs.push(best);
  }
  return pairs.sort((a, b) => b.likeness - a.likeness || a.first - b.first);
}
