// How well classes are told of which an item may have several, on items that were not trained on: each class by how its items are ranked among all. Pure.

/** An item whose classes are known. */
export interface ListedAnswer {
  /** Numbers of its classes. */
  readonly labels: readonly number[];
  /** What the network gives each class, [K]: the higher, the more likely it is there. */
  readonly logits: Float32Array;
}

export interface RankedClass {
  readonly name: string;
  /** Items of this class. */
  readonly support: number;
  /**
   * Precision at each item of this class, averaged over them, items from the likeliest to the least; equal ones count as one place, with their common
   * precision. Null where no item is of it, as all that follows.
   */
  readonly averagePrecision: number | null;
  /** The mean of that over all orders of the items. */
  readonly chance: number | null;
  /** The best F1 that a threshold reaches on these items, and the confidence from which on the class is then said to be there. */
  readonly bestF1: number | null;
  readonly threshold: number | null;
}

export interface MultiLabelScores {
  readonly numItems: number;
  /** Over the classes that an item has (mAP), and what guessing gives. */
  readonly meanAveragePrecision: number;
  readonly chance: number;
  /** In the order of their numbers. */
  readonly classes: readonly RankedClass[];
}

/** Confidence in a class by its logit. */
export const confidenceOf = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Undefined where no class has an item. */
export function describeMultiLabel(names: readonly string[], answers: readonly ListedAnswer[]): MultiLabelScores | undefined {
  const classes = names.map((name, number) => ({ name, ...rankClass(answers.map(({ labels, logits }) => ({ isOf: labels.includes(number), logit: logits[number]! }))) }));
  const counted = classes.filter(({ support }) => support > 0);
  if (counted.length === 0) return undefined;
  const meanOf = (of: (each: RankedClass) => number | null): number => counted.reduce((sum, each) => sum + of(each)! / counted.length, 0);
  return { numItems: answers.length, meanAveragePrecision: meanOf((each) => each.averagePrecision), chance: meanOf((each) => each.chance), classes };
}

interface Ranked {
  readonly isOf: boolean;
  readonly logit: number;
}

function rankClass(items: readonly Ranked[]): Omit<RankedClass, 'name'> {
  const support = items.filter(({ isOf }) => isOf).length;
  if (support === 0) return { support, averagePrecision: null, chance: null, bestF1: null, threshold: null };
  const ranked = items.toSorted((a, b) => b.logit - a.logit);
  let [hits, averagePrecision, bestF1, threshold] = [0, 0, 0, 1];
  for (let first = 0; first < ranked.length;) {
    const { logit } = ranked[first]!;
    let [end, found] = [first, 0];
    do {
      found += Number(ranked[end]!.isOf);
      end += 1;
    } while (ranked[end]?.logit === logit);
    hits += found;
    averagePrecision += (found / support) * (hits / end);
    const f1 = (2 * hits) / (end + support);
    if (f1 > bestF1) [bestF1, threshold] = [f1, confidenceOf(logit)];
    first = end;
  }
  return { support, averagePrecision, chance: guessPrecision(items.length, support), bestF1, threshold };
}

/** Each place is of the class with probability `support / numItems`, and then so is each place above with probability `(support - 1) / (numItems - 1)`. */
function guessPrecision(numItems: number, support: number): number {
  const others = numItems > 1 ? (support - 1) / (numItems - 1) : 0;
  let sum = 0;
  for (let place = 1; place <= numItems; place++) sum += (1 + (place - 1) * others) / place;
  return sum / numItems;
}
