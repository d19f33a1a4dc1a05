import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { rotation } from '../../../worker/tasks/rotation/puzzle.js';
import { createClip, createNoise } from '../../helpers/clips.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';
import { freshRandom } from '../../helpers/numerics.js';

const SIDE = 32;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });
const createPicture = (height: number, width: number, valueAt: (y: number, x: number, c: number) => number): Frames =>
  createClip({ numFrames: 1, height, width }, (_frame, y, x, c) => valueAt(y, x, c));

function drawPuzzle(frames: Frames, random: Random, given: object): { patch: Float32Array; target: number } {
  const { out, isDrawn } = drawOne(bindTask(rotation, given, SIDE), { frames, item: 0 }, random);
  if (!isDrawn) throw new Error('no puzzle');
  return { patch: out['picture'] as Float32Array, target: out['turn']![0]! };
}

test('the class is the number of quarter turns that the upper side made counter-clockwise', (t) => {
  // Bright above, dark below.
  const frames = createPicture(50, 70, (y) => 250 - 4 * y);
  for (let i = 0; i < 30; i++) {
    const { patch, target } = drawPuzzle(frames, streamOf(i), {});
    const at = (y: number, x: number): number => patch[(y * SIDE + x) * 3]!;
    const middle = SIDE / 2;
    const brightness = [at(1, middle), at(middle, 1), at(SIDE - 2, middle), at(middle, SIDE - 2)];
    t.is(brightness.indexOf(Math.max(...brightness)), target);
  }
});

test('a puzzle depends on its stream alone, and the four turns come up equally often', (t) => {
  const { random } = freshRandom();
  const frames = createPicture(40, 40, () => random.int(256));
  t.deepEqual(drawPuzzle(frames, streamOf(1), {}), drawPuzzle(frames, streamOf(1), {}));
  t.notDeepEqual(drawPuzzle(frames, streamOf(1), {}), drawPuzzle(frames, streamOf(2), {}));
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 800; i++) counts[drawPuzzle(frames, streamOf(i), {}).target]! += 1;
  // 3 degrees of freedom: 16.3 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0) < 16.3);
});

test('the grid of a codec gives the turn away without random crops, and nothing with them', (t) => {
  // Noise with a dark line at the last row and column of every 8 pixels, as blocks of a codec leave it.
  const { random } = freshRandom();
  const noise = createNoise(random);
  const createGrid = (): Frames => createPicture(64, 64, (y, x) => 120 + noise(40) - (y % 8 === 7 ? 40 : 0) - (x % 8 === 7 ? 40 : 0));
  /** Which rows and columns of the patch's 8-pixel grid are darkest. */
  const phaseOf = (patch: Float32Array): string => {
    const [rows, columns] = [new Float64Array(8), new Float64Array(8)];
    patch.forEach((value, i) => {
      const [y, x] = [Math.floor(i / 3 / SIDE) % 8, Math.floor(i / 3) % SIDE % 8];
      rows[y]! += value;
      columns[x]! += value;
    });
    return `${rows.indexOf(Math.min(...rows))} ${columns.indexOf(Math.min(...columns))}`;
  };
  /** Learns which turn goes with which phase on one half of the puzzles and scores on the other. */
  const score = (options: object): number => {
    const puzzles = Array.from({ length: 400 }, () => {
      const { patch, target } = drawPuzzle(createGrid(), random, options);
      return { phase: phaseOf(patch), target };
    });
    const counts = new Map<string, number[]>();
    for (const { phase, target } of puzzles.slice(0, 200)) {
      const seen = counts.get(phase) ?? [0, 0, 0, 0];
      seen[target]! += 1;
      counts.set(phase, seen);
    }
    const isRight = ({ phase, target }: { phase: string; target: number }): boolean => {
      const seen = counts.get(phase) ?? [1, 0, 0, 0];
      return seen.indexOf(Math.max(...seen)) === target;
    };
    return puzzles.slice(200).filter(isRight).length / 200;
  };
  const shared = { flip: false, colourJitter: 0 };
  const guarded = score(shared);
  const open = score({ ...shared, guards: { randomCrop: false } });
  t.true(Math.abs(guarded - 0.25) < 5 * Math.sqrt((0.25 * 0.75) / 200), `guarded ${guarded}`);
  t.true(open > 0.9, `open ${open}`);
});

test('one picture and a clip both make puzzles, a sliver does not', (t) => {
  const clip = createClip({ numFrames: 3, height: 20, width: 30 }, (frame, y, x) => 50 * frame + y + x);
  const first = [...Array(20).keys()].map((i) => drawPuzzle(clip, streamOf(i), { colourJitter: 0, minArea: 1 }).patch.reduce((a, b) => a + b, 0));
  t.true(new Set(first.map((sum) => Math.round(sum / 1000))).size >= 3);
  t.false(drawOne(bindTask(rotation, {}, SIDE), { frames: createPicture(4, 100, () => 9), item: 0 }, streamOf(1)).isDrawn);
});
