// How people call the parts of a dataset.

import type { Item } from './dataset.js';

const NAMES: ReadonlyMap<string, Item['split']> = new Map([
  ...['train', 'training'].map((name) => [name, 'train'] as const),
  ...['val', 'valid', 'validation', 'dev', 'test', 'testing'].map((name) => [name, 'test'] as const),
]);

/** For messages. */
export const SPLIT_NAMES: readonly string[] = [...NAMES.keys()];

/** The part that a name stands for, in any case; undefined for any other name. */
export function splitOf(name: string): Item['split'] | undefined {
  return NAMES.get(name.toLowerCase());
}

const LIKE_A_SPLIT = /^(train(ing)?|val(id(ation)?)?|dev|test(ing)?|eval(uation)?|hold.?out)[\s_.-]*(\d+|set|data|images?|imgs?|videos?|clips?|split)?$/i;

/** True for what is a split to people, such as `val2017` or `test_set`, whether or not it is one of the names. */
export function looksLikeSplit(name: string): boolean {
  return LIKE_A_SPLIT.test(name);
}
