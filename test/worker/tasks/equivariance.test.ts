// The rules of how classes move from one version of a puzzle to another: for every task of the registry that has some, and by geometry where
// all classes move.

import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { keepClasses, turnClasses } from '../../../worker/tasks/equivariance.js';
import { classOf, listOrders } from '../../../worker/tasks/frame-order/orders.js';
import { frameOrder } from '../../../worker/tasks/frame-order/puzzle.js';
import { jigsaw } from '../../../worker/tasks/jigsaw/puzzle.js';
import { choosePermutations } from '../../../worker/tasks/jigsaw/permutations.js';
import { puzzles, type TaskName } from '../../../worker/tasks/puzzles.js';
import type { Arrays, MoveClasses, Puzzle, TaskInfo } from '../../../worker/tasks/task.js';
import { createMedia } from '../../helpers/media.js';
import { bindTask, sizesOf } from '../../helpers/puzzles.js';

const SIDE = 16;

const answer = (name: string, value: number): Arrays => ({ [name]: Int32Array.of(value) });

/** Every pair of answers. */
function pairsOf(numClasses: number): [number, number][] {
  return Array.from({ length: numClasses ** 2 }, (_, i) => [Math.floor(i / numClasses), i % numClasses]);
}

const isPermutation = (classes: readonly number[], numClasses: number): boolean =>
  classes.length === numClasses && new Set(classes).size === numClasses && classes.every((k) => k >= 0 && k < numClasses);

const move = (rule: MoveClasses, name: string, [first, second]: readonly [number, number]): readonly number[] | undefined => rule(answer(name, first), answer(name, second));

const bind = (name: TaskName): Puzzle => (puzzles[name] as TaskInfo).bind((puzzles[name] as TaskInfo).options.parse({}), { ...sizesOf(SIDE), patch: 4 });
const ruled = (Object.keys(puzzles) as TaskName[]).filter((name) => name !== 'mae' && typeof bind(name).equivariance === 'object');

for (const name of ruled) {
  test(`${name}: the right answer of the second version stands for that of the first, wherever something can be said`, (t) => {
    const puzzle = bind(name);
    const drawn = Array.from({ length: 12 }, (_, sample) => {
      const { arrays } = createArrays(puzzle, 1);
      const isDrawn = puzzle.draw(createMedia(1, { side: SIDE + 4, puzzle }), createRandom({ seed: 3, epoch: 0, sample, purpose: 'puzzle' }), arrays);
      return isDrawn ? [arrays] : [];
    }).flat();
    t.true(drawn.length > 3);
    let numSaid = 0;
    for (const [prediction, rule] of Object.entries(puzzle.equivariance as Record<string, MoveClasses>)) {
      for (const first of drawn) {
        for (const second of drawn) {
          const classes = rule(first, second);
          if (!classes) continue;
          numSaid += 1;
          t.true(isPermutation(classes, classes.length));
          t.is(classes[second[prediction]![0]!], first[prediction]![0]);
        }
      }
    }
    t.true(numSaid >= drawn.length);
  });
}

test('classes on a circle all move as far as the answer did', (t) => {
  const rule = turnClasses('turn', 4);
  t.deepEqual(move(rule, 'turn', [1, 2]), [3, 0, 1, 2]);
  t.deepEqual(move(rule, 'turn', [3, 1]), [2, 3, 0, 1]);
  t.deepEqual(move(rule, 'turn', [2, 2]), [0, 1, 2, 3]);
});

test('classes that nothing moves are kept where the answers are the same, and nothing is said elsewhere', (t) => {
  t.deepEqual(move(keepClasses('match', 2), 'match', [1, 1]), [0, 1]);
  t.is(move(keepClasses('match', 2), 'match', [0, 1]), undefined);
});

test('frame order: if a class were right of the second version, the one that it stands for would be right of the first, in either direction', (t) => {
  const { equivariance } = bindTask(frameOrder, {}, SIDE);
  const rule = (equivariance as Record<string, MoveClasses>)['order']!;
  const orders = listOrders(4);
  const both = orders.flatMap((order) => [order, [...order].reverse()]);
  for (const pair of pairsOf(both.length)) {
    const [first, second] = [both[pair[0]]!, both[pair[1]]!];
    const classes = rule({ places: Int32Array.from(first) }, { places: Int32Array.from(second) })!;
    // What stands at a place of the first version stands at this place of the second.
    const placeOf = (place: number): number => second[first.indexOf(place)]!;
    orders.forEach((_order, k) => t.is(classOf(orders[classes[k]!]!.map(placeOf), orders), k));
  }
});

test('jigsaw: if a permutation were that of the second version, the one that it stands for would be that of the first', (t) => {
  const { equivariance } = bindTask(jigsaw, { grid: 2, permutations: 24 }, SIDE);
  const rule = (equivariance as Record<string, MoveClasses>)['permutation']!;
  const all = choosePermutations(4, 24);
  const cellsOf = (k: number): number[] => [...all.subarray(4 * k, 4 * k + 4)];
  for (const pair of pairsOf(24).filter((_, i) => i % 5 === 0)) {
    const [first, second] = [cellsOf(pair[0]), cellsOf(pair[1])];
    const classes = move(rule, 'permutation', pair)!;
    for (let k = 0; k < 24; k++) {
      // The patch at a place of the first version lies at another of the second, and is said to be of this cell there.
      const cells = first.map((cell) => cellsOf(k)[second.indexOf(cell)]!);
      t.deepEqual(cellsOf(classes[k]!), cells);
    }
  }
});
