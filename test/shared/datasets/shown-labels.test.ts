// Which items a task is shown the labels of, where it is shown a share of them.

import test, { type ExecutionContext } from 'ava';
import type { Item } from '../../../shared/datasets/dataset.js';
import { showLabels, showLists, showMasks } from '../../../shared/datasets/shown-labels.js';
import { freshRandom } from '../../helpers/numerics.js';

const image = (index: number, more: Partial<Item> = {}): Item => ({ index, path: `${index}.png`, kind: 'image', bytes: 1, split: 'train', ...more });
const SHARES = [0.01, 0.1, 0.5, 1];

/** What is shown at one share is shown at the next larger one too. */
function areNested(t: ExecutionContext, shown: readonly ReadonlyMap<number, unknown>[]): void {
  shown.slice(1).forEach((larger, i) => t.true([...shown[i]!.keys()].every((index) => larger.has(index))));
}

test('a share of the labels is that share of each class, one at least, and a larger one shows the same and more', (t) => {
  const items = [100, 40, 2].flatMap((count, k) => Array<string>(count).fill('abc'[k]!)).map((label, index) => image(index, { label }));
  const show = (share: number, seed = 3) => showLabels([...items, image(142)], { classes: ['a', 'b', 'c'], share, seed });
  const shown = SHARES.map((share) => show(share));
  t.deepEqual(shown.map((labels) => [0, 1, 2].map((k) => [...labels.values()].filter((each) => each === k).length)), [[1, 1, 1], [10, 4, 1], [50, 20, 1], [100, 40, 2]]);
  areNested(t, shown);
  t.notDeepEqual(show(0.1, 4), shown[1]);
});

test('a share of lists is that of all items with a label, each class once at least, and a larger one shows the same and more', (t) => {
  const { random } = freshRandom();
  const items = Array.from({ length: 100 }, (_, index) => image(index, { label: index === 99 ? 'c' : ['a', 'b'].filter(() => random.chance(0.5)).join(';') || ';' }));
  const shown = SHARES.map((share) => showLists([...items, image(100)], { classes: ['a', 'b', 'c'], share, seed: 3 }));
  for (const lists of shown) t.deepEqual([...new Set([...lists.values()].flat())].sort(), [0, 1, 2]);
  t.true(shown[1]!.size >= 10 && shown[1]!.size <= 13 && shown[3]!.size === 100);
  areNested(t, shown);
});

test('a share of masks is that of all items with a mask, one at least, and a larger one shows the same and more', (t) => {
  const items = Array.from({ length: 60 }, (_, index) => image(index, index < 50 ? { mask: { path: `${index}.mask.png`, bytes: 1, content: String(index) } } : {}));
  const show = (share: number, seed = 3) => showMasks(items, { classes: [], share, seed });
  const shown = SHARES.map((share) => show(share));
  t.deepEqual(shown.map(({ size }) => size), [1, 5, 25, 50]);
  areNested(t, shown);
  t.notDeepEqual([...show(0.1, 4).keys()], [...shown[1]!.keys()]);
  for (const [index, mask] of shown[3]!) t.is(mask, items[index]!.mask!);
});
