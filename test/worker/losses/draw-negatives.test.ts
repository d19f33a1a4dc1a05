import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { drawNegatives } from '../../../worker/losses/draw-negatives.js';
import { freshRandom } from '../../helpers/numerics.js';

const NUM_ROWS = 12;

/** Rows that each sample is told from. */
function negativesOf(ownRows: readonly number[], count: number, random = freshRandom().random): number[][] {
  const { rows, leftOut } = drawNegatives(random, count, NUM_ROWS, ownRows);
  return ownRows.map((_, sample) => [...rows].filter((_row, place) => leftOut[sample * rows.length + place] === 0));
}

test('each sample has as many different rows as asked for, never its own, and the same key gives the same', (t) => {
  const key = { seed: 3, epoch: 1, sample: 2, purpose: 'test' };
  for (const count of [1, 4, NUM_ROWS - 1]) {
    const negatives = negativesOf([3, 0, 11, 3, -1], count, createRandom(key));
    for (const [sample, own] of [3, 0, 11, 3, -1].entries()) {
      t.is(new Set(negatives[sample]).size, count);
      t.true(negatives[sample]!.every((row) => row !== own && row >= 0 && row < NUM_ROWS));
    }
    t.deepEqual(negativesOf([3, 0, 11, 3, -1], count, createRandom(key)), negatives);
  }
});

test('any other row is as likely as the next', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const [draws, count] = [6000, 4];
  for (const own of [5, 11, -1]) {
    const counts = new Array<number>(NUM_ROWS).fill(0);
    for (let draw = 0; draw < draws; draw++) for (const row of negativesOf([own], count, random)[0]!) counts[row]! += 1;
    const share = count / (own < 0 ? NUM_ROWS : NUM_ROWS - 1);
    // Six deviations of a share of so many draws.
    const margin = 6 * Math.sqrt((share * (1 - share)) / draws);
    counts.forEach((each, row) => t.true(row === own ? each === 0 : Math.abs(each / draws - share) < margin, `row ${row}: ${each / draws}`));
  }
});
