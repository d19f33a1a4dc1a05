// What labels are to tasks that learn from them, one entry a kind: which classes there are, which answers are shown, and what a guesser makes of these. Pure.

import type { Answer, Item, LabelKind } from './dataset.js';
import { listClasses } from './label-lists.js';
import { findPixels, guessPixels, nameNumbers } from './masks/mask-classes.js';
import { showLabels, showLists, showMasks, type ShownLabels } from './shown-labels.js';

export interface Guess {
  /** Share of the answers that each class has, in the order of their numbers. */
  readonly classShares: readonly number[];
  /** What a guesser scores who knows these shares, by the name of the metric. */
  readonly chance: Readonly<Record<string, number>>;
}

/** An item whose answer is shown. */
export interface ShownItem {
  readonly item: Item;
  readonly answer: Answer;
}

export interface LabelKindRules {
  /** Whether an item has an answer. */
  isLabelled(item: Item): boolean;
  /** All classes in the order of their numbers, and those that training items have. `given`: the names, where a recipe or the data say them. */
  findClasses(items: readonly Item[], given?: readonly string[]): { readonly classes: readonly string[]; readonly found: readonly string[] };
  /** True where a class may have a number and no training item. */
  readonly mayBeAbsent?: boolean;
  /** By the item's index. */
  show(items: readonly Item[], shown: ShownLabels): ReadonlyMap<number, Answer>;
  guess(shown: readonly ShownItem[], numClasses: number): Guess;
  /** What to do where there are too few classes. */
  readonly remedy: string;
}

const hasLabel = ({ label }: Item): boolean => label !== undefined;
const sortNames = (names: readonly string[]): string[] => [...new Set(names)].sort();
const trainedOf = (items: readonly Item[]): readonly Item[] => items.filter(({ split }) => split === 'train');
const orGiven = (found: readonly string[], classes = found): { classes: readonly string[]; found: readonly string[] } => ({ classes, found });
const mapValues = <From, To>(map: ReadonlyMap<number, From>, change: (value: From) => To): ReadonlyMap<number, To> => new Map([...map].map(([index, value]) => [index, change(value)]));

/** Share of the lists that each number is in. */
function shareOut(lists: readonly (readonly number[])[], numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(0);
  for (const numbers of lists) for (const number of numbers) counts[number]! += 1;
  return counts.map((count) => count / lists.length);
}

/** Label ranking average precision of the order of their shares, over the items that have any class: 0 where none has. */
export function guessRanking(lists: readonly (readonly number[])[], shares: readonly number[]): number {
  const order = shares.map((_share, number) => number).sort((a, b) => shares[b]! - shares[a]! || a - b);
  const rankOf = new Map(order.map((number, place) => [number, place + 1]));
  const precisions = lists.filter(({ length }) => length > 0).map((numbers) => {
    const ranks = numbers.map((number) => rankOf.get(number)!).sort((a, b) => a - b);
    return ranks.reduce((sum, rank, place) => sum + (place + 1) / rank, 0) / ranks.length;
  });
  return precisions.reduce((sum, each) => sum + each, 0) / Math.max(1, precisions.length);
}

export const labelKinds = {
  class: {
    isLabelled: hasLabel,
    findClasses: (items, given) => orGiven(sortNames(trainedOf(items).flatMap(({ label }) => label ?? [])), given),
    show: (items, shown) => mapValues(showLabels(items, shown), (label) => ({ label })),
    guess(shown, numClasses) {
      const classShares = shareOut(shown.map(({ answer: { label } }) => [label!]), numClasses);
      return { classShares, chance: { accuracy: Math.max(...classShares) } };
    },
    remedy: 'Put the files of each class into a folder of its own, or name the label of each in labels.csv.',
  },
  classes: {
    isLabelled: hasLabel,
    findClasses: (items, given) => orGiven(sortNames(trainedOf(items).flatMap(({ label }) => (label === undefined ? [] : listClasses(label)))), given),
    show: (items, shown) => mapValues(showLists(items, shown), (labels) => ({ labels })),
    guess(shown, numClasses) {
      const lists = shown.map(({ answer: { labels } }) => labels!);
      const classShares = shareOut(lists, numClasses);
      return { classShares, chance: { rankingPrecision: guessRanking(lists, classShares) } };
    },
    remedy: 'List the classes of each file in the column `label` of labels.csv, semicolons between them: cat;dog.',
  },
  mask: {
    isLabelled: ({ mask }) => mask !== undefined,
    findClasses(items, given) {
      const classes = nameNumbers(items, given);
      return { classes, found: [...findPixels(trainedOf(items))].sort((a, b) => a - b).map((number) => classes[number]!) };
    },
    mayBeAbsent: true,
    show: (items, shown) => mapValues(showMasks(items, shown), ({ path, bytes, content }) => ({ mask: { path, bytes, content } })),
    guess: (shown, numClasses) => guessPixels(shown.map(({ item: { mask } }) => mask!), numClasses),
    remedy: 'Put a mask beside each picture, 1.mask.png beside 1.jpg or masks/1.png: an indexed or grey PNG whose numbers 0, 1, ... are classes; 255 stands for unknown.',
  },
} satisfies Record<LabelKind, LabelKindRules>;
