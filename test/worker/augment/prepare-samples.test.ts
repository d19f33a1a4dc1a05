// Slots of a microbatch: what a draw leaves in them.

import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { fillSlot, prepareSamples } from '../../../worker/augment/prepare-samples.js';
import { rotation } from '../../../worker/tasks/rotation/puzzle.js';
import type { Puzzle } from '../../../worker/tasks/task.js';
import { createMedia } from '../../helpers/media.js';
import { bindTask } from '../../helpers/puzzles.js';

const SIDE = 16;

const puzzle = bindTask(rotation, {}, SIDE);

/** Draws, then says that it could not. */
const givesUp: Puzzle = { ...puzzle, draw: (...given) => !puzzle.draw(...given) };

const throwing: Puzzle = {
  ...puzzle,
  draw(...given) {
    puzzle.draw(...given);
    throw new Error('midway');
  },
};

/** Two slots, of which the second one has an earlier puzzle. */
function makeUsed() {
  const drawn = createArrays(puzzle, 2);
  const source = { media: createMedia(3, { side: SIDE + 4, puzzle }), random: createRandom({ seed: 5, epoch: 0, sample: 3, purpose: 'puzzle' }) };
  const isDrawn = fillSlot(puzzle, drawn, 1, source);
  const isFilled = (slot: number): boolean => drawn.arrays['picture']!.subarray(slot * SIDE * SIDE * 3, (slot + 1) * SIDE * SIDE * 3).some((value) => value !== 0);
  return { drawn, source, isDrawn, isFilled };
}

test('a puzzle fills its slot alone, and counts', (t) => {
  const { drawn, isDrawn, isFilled } = makeUsed();
  t.true(isDrawn);
  t.deepEqual([...drawn.weights], [0, 1]);
  t.deepEqual([0, 1].map(isFilled), [false, true]);
});

test('a puzzle that was begun and given up leaves its slot empty, whatever was in it', (t) => {
  const { drawn, source, isFilled } = makeUsed();
  t.false(fillSlot(givesUp, drawn, 1, source));
  t.is(drawn.weights[1], 0);
  t.false(isFilled(1));
});

test('so does one whose task throws', (t) => {
  const { drawn, source: { media }, isFilled } = makeUsed();
  const failures = prepareSamples(throwing, { ...drawn, firstSlot: 1, samples: [{ media, epoch: 0, sample: 3 }], seed: 5 });
  t.deepEqual(failures, [{ slot: 1, reason: 'midway' }]);
  t.is(drawn.weights[1], 0);
  t.false(isFilled(1));
});
