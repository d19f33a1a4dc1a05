// Rules of how the classes of a prediction move from one version of a puzzle to another. Pure.

import type { Arrays, MoveClasses } from './task.js';

/** Why a task has no rule whose answer is a picture. */
export const ANSWERS_A_PICTURE = 'its answer is a picture, and two versions of it show other parts';

const list = (numClasses: number): number[] => Array.from({ length: numClasses }, (_, index) => index);

/** The answers of both versions are in the array `name`: a class stands for itself where they are the same, and nothing can be said elsewhere. */
export function keepClasses(name: string, numClasses: number): MoveClasses {
  const same = list(numClasses);
  return (first, second) => (first[name]![0] === second[name]![0] ? same : undefined);
}

/** Answers on a circle, such as turns: all classes move as far as the answer did. */
export function turnClasses(name: string, numClasses: number): MoveClasses {
  const turned = list(numClasses).map((turn) => list(numClasses).map((index) => (index - turn + numClasses) % numClasses));
  return (first, second) => turned[(second[name]![0]! - first[name]![0]! + numClasses) % numClasses]!;
}

export interface Orders {
  /** One of each class. */
  readonly orders: readonly ArrayLike<number>[];
  /** The class of an order; undefined where it has none. */
  readonly classOf: (order: readonly number[]) => number | undefined;
  /** The order in which a version was drawn: where a class stands for several, it alone says which. */
  readonly orderOf: (arrays: Arrays) => ArrayLike<number>;
}

/** Answers that are orders of the same things: what leads from one order to the other leads from each class to its own. */
export function permuteClasses({ orders, classOf, orderOf }: Orders): MoveClasses {
  const cache = new Map<string, readonly number[] | undefined>();
  function move(from: readonly number[], to: readonly number[]): readonly number[] | undefined {
    // What stands at place p of one version stands at place moved[p] of the other; here the way back.
    const back: number[] = [];
    to.forEach((place, i) => (back[place] = from[i]!));
    const classes = orders.map((order) => classOf(Array.from(order, (place) => back[place]!)));
    return classes.includes(undefined) ? undefined : classes as number[];
  }
  return (first, second) => {
    const [from, to] = [Array.from(orderOf(first)), Array.from(orderOf(second))];
    const key = `${from.join()} ${to.join()}`;
    if (!cache.has(key)) cache.set(key, move(from, to));
    return cache.get(key);
  };
}
