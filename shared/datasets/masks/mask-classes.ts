// Which classes masks have, and what a guesser makes of how frequent they are. Pure.

import { PretextError } from '../../errors/pretext-error.js';
import type { Item, MaskFile } from '../dataset.js';

/** Of a pixel of which nobody says what it is. */
export const UNKNOWN_PIXEL = 255;

/** Pixels of a mask by the number of their class, and how many there are. */
interface Known {
  readonly counts: ReadonlyMap<number, number>;
  readonly total: number;
}

function knownOf({ pixels = {} }: MaskFile): Known {
  const counts = new Map(Object.entries(pixels).map(([value, count]) => [Number(value), count] as const).filter(([number]) => number !== UNKNOWN_PIXEL));
  return { counts, total: [...counts.values()].reduce((sum, count) => sum + count, 0) };
}

/** Numbers of the classes that masks of items have. */
export const findPixels = (items: readonly Item[]): ReadonlySet<number> => new Set(items.flatMap(({ mask }) => (mask ? [...knownOf(mask).counts.keys()] : [])));

/** The names of all classes in the order of their numbers, those that are given or made ones. Throws PretextError BAD_RECIPE where masks have more. */
export function nameNumbers(items: readonly Item[], given: readonly string[] | undefined): readonly string[] {
  const count = Math.max(-1, ...findPixels(items)) + 1;
  if (given === undefined) return Array.from({ length: count }, (_, number) => `class ${number}`);
  if (given.length >= count) return given;
  throw new PretextError('BAD_RECIPE', `data.classes: masks have values up to ${count - 1}, expected as many names and one more, given ${given.length}.`, { hint: 'Leave data.classes out, or name all of them.' });
}

/** Throws PretextError BAD_ARGUMENT where data give a number another name than it was learnt by. Names that a run made up say nothing. */
export function throwOnOtherNames(root: string, learnt: readonly string[], given: readonly string[]): void {
  const other = learnt.findIndex((name, number) => name !== `class ${number}` && number < given.length && given[number] !== name);
  if (other < 0) return;
  throw new PretextError('BAD_ARGUMENT', `masks of "${root}" are of other classes: expected class ${other} to be "${learnt[other]!}", as it was learnt, given "${given[other]!}".`, { hint: 'Number the classes of the masks as those that were learnt, in classes.txt too.' });
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / Math.max(1, numbers.length);

/**
 * Share of the known pixels that each class has, every picture counting alike, as they are all of one size where they are learnt from; and what is scored by
 * who says the best one class of all pixels: of each picture the classes that it has, and the one that is said, with the intersection of that one over its union.
 */
export function guessPixels(masks: readonly MaskFile[], numClasses: number): { readonly classShares: readonly number[]; readonly chance: Readonly<Record<'sampleIou' | 'pixelAccuracy', number>> } {
  const known = masks.map(knownOf).filter(({ total }) => total > 0);
  const numbers = Array.from({ length: numClasses }, (_, number) => number);
  const shareOf = ({ counts, total }: Known, number: number): number => (counts.get(number) ?? 0) / total;
  const classShares = numbers.map((number) => mean(known.map((each) => shareOf(each, number))));
  const iouOf = (number: number): number => mean(known.map((each) => shareOf(each, number) / (each.counts.size + (each.counts.has(number) ? 0 : 1))));
  return { classShares, chance: { sampleIou: Math.max(...numbers.map(iouOf)), pixelAccuracy: Math.max(...classShares) } };
}
