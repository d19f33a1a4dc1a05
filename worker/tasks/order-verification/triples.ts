// Which three of five frames in order of time a puzzle shows, and in which places. The two frames at the ends are the same whatever
// the answer is: only the middle one tells.

import type { Random } from '../../../shared/random/random.js';

/** Frames that a puzzle is drawn from: a, b, c, d, e. */
export const NUM_FRAMES = 5;
/** Frames that it shows. */
export const NUM_SHOWN = 3;

const HIDDEN = -1;

/** Places of a..e with b first and d last: c between them is in order; a and e are not. */
const IN_ORDER = [HIDDEN, 0, 1, 2, HIDDEN];
const OUT_OF_ORDER = [[1, 0, HIDDEN, 2, HIDDEN], [HIDDEN, 0, HIDDEN, 2, 1]];

export interface Triple {
  /** Of a..e; below 0 for a frame that is not shown. */
  readonly places: readonly number[];
  readonly isInOrder: boolean;
}

/** Draws whether the frames are in order, the middle one, and the direction of time: backwards counts as in order too. */
export function drawTriple(random: Random, positives: number): Triple {
  const isInOrder = random.chance(positives);
  const forward = isInOrder ? IN_ORDER : OUT_OF_ORDER[random.int(2)]!;
  const isReversed = random.chance(0.5);
  return { places: isReversed ? forward.map((place) => (place < 0 ? place : NUM_SHOWN - 1 - place)) : forward, isInOrder };
}
