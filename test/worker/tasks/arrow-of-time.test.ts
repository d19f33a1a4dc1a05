// What arrow-of-time draws, and shortcuts to the direction of time: each solves puzzles without its guard, and none with it.

import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { arrowOfTime } from '../../../worker/tasks/arrow-of-time/puzzle.js';
import { createClip, createMovingSquare, createNoise } from '../../helpers/clips.js';
import { meanOf, type Noise } from '../../helpers/frame-order.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';

const SIDE = 24;
const size = { numFrames: 10, height: 32, width: 40 };
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });

interface Drawn {
  readonly pictures: Float32Array[];
  readonly direction: number;
}

function drawPuzzle(frames: Frames, random: Random, given: object, side = SIDE): Drawn | undefined {
  const puzzle = bindTask(arrowOfTime, given, side);
  const { out, isDrawn } = drawOne(puzzle, { frames, item: 0 }, random);
  if (!isDrawn) return undefined;
  const all = out['pictures'] as Float32Array;
  const numFrames = puzzle.arrays['pictures']!.shape[0]!;
  const length = all.length / numFrames;
  return { pictures: Array.from({ length: numFrames }, (_, i) => all.slice(i * length, (i + 1) * length)), direction: out['direction']![0]! };
}

/** What a probe scores that says "backwards" where its measure falls from the first picture to the last. */
function scoreProbe(createFrames: (noise: Noise) => Frames, measure: (patch: Float32Array) => number, given: object, numPuzzles: number): number {
  const { random } = freshRandom();
  const noise = createNoise(random);
  let numRight = 0;
  for (let i = 0; i < numPuzzles; i++) {
    const { pictures, direction } = drawPuzzle(createFrames(noise), random, given)!;
    if ((measure(pictures.at(-1)!) < measure(pictures[0]!) ? 1 : 0) === direction) numRight += 1;
  }
  return numRight / numPuzzles;
}

const NUM_PUZZLES = 240;
/** Half plus or minus five binomial deviations. */
const isChance = (score: number, numPuzzles = NUM_PUZZLES): boolean => Math.abs(score - 0.5) < 5 * Math.sqrt(0.25 / numPuzzles);

test('class 0 shows frames in order of time, class 1 in reverse, each half of the time, and the stream alone decides', (t) => {
  // Frames are flat, each lighter than the one before.
  const frames = createClip(size, (frame) => 60 + 14 * frame);
  const given = { guards: { normalise: false, channelSplit: false, duplicates: false } };
  let numBackward = 0;
  for (let i = 0; i < 400; i++) {
    const { pictures, direction } = drawPuzzle(frames, streamOf(i), given)!;
    const values = pictures.map((picture) => picture[0]!);
    const inTime = direction === 1 ? [...values].reverse() : values;
    t.true(inTime.every((value, k) => k === 0 || value > inTime[k - 1]!));
    numBackward += direction;
  }
  t.true(Math.abs(numBackward - 200) < 4 * Math.sqrt(100));
  const { random } = freshRandom();
  const moving = createMovingSquare(size, random, 12);
  t.deepEqual(drawPuzzle(moving, streamOf(1), {}), drawPuzzle(moving, streamOf(1), {}));
  t.notDeepEqual(drawPuzzle(moving, streamOf(1), {}), drawPuzzle(moving, streamOf(2), {}));
});

test('odd sizes and two frames make puzzles; still, short and small clips do not', (t) => {
  const { random } = freshRandom();
  const moving = createMovingSquare({ numFrames: 9, height: 29, width: 37 }, random, 12);
  t.is(drawPuzzle(moving, streamOf(1), { numFrames: 2 }, 23)!.pictures.length, 2);
  t.is(drawPuzzle(moving, streamOf(1), {}, 31), undefined);
  t.is(drawPuzzle(moving, streamOf(1), { numFrames: 10, span: 16 }, 23), undefined);
  const ground = Uint8Array.from({ length: 32 * 40 }, () => 40 + random.int(200));
  t.is(drawPuzzle(createClip(size, (_frame, y, x) => ground[y * 40 + x]!), streamOf(1), {}), undefined);
  t.is(drawPuzzle(createClip(size, () => 0), streamOf(1), { guards: { duplicates: false } }), undefined);
});

test('a span that does not hold the frames is refused', (t) => {
  t.throws(() => bindTask(arrowOfTime, { numFrames: 8, span: 6 }, SIDE), { message: /task\.options\.span: 8 frames do not fit into a span of 6, expected at least 7/ });
});

test('a fade gives the direction away without normalisation, and nothing with it', (t) => {
  const createFade = (noise: Noise): Frames => createClip(size, (frame) => 60 + 10 * frame + noise(30));
  const fine = scoreProbe(createFade, meanOf, {}, NUM_PUZZLES);
  t.true(isChance(fine), `accuracy ${fine}`);
  t.true(scoreProbe(createFade, meanOf, { guards: { normalise: false } }, NUM_PUZZLES) > 0.9);
});

test('a drifting tint gives the direction away without channel splitting, and nothing with it', (t) => {
  const createTint = (noise: Noise): Frames => createClip(size, (frame, _y, _x, c) => 60 + (c === 0 ? 10 * frame : 50) + noise(30));
  const redness = (patch: Float32Array): number => patch.reduce((sum, value, i) => sum + (i % 3 === 0 ? value : -value / 2), 0);
  const fine = scoreProbe(createTint, redness, {}, NUM_PUZZLES);
  t.true(isChance(fine), `accuracy ${fine}`);
  t.true(scoreProbe(createTint, redness, { guards: { channelSplit: false } }, NUM_PUZZLES) > 0.9);
});

test('a dark bar that grows gives the direction away without its guard, and nothing with it', (t) => {
  const createBar = (noise: Noise): Frames => createClip({ ...size, height: 40 }, (frame, y) => (y < frame ? 0 : 100 + noise(80)));
  /** How dark the upper rows are. */
  const darkness = (patch: Float32Array): number => -meanOf(patch.subarray(0, 8 * SIDE * 3));
  const shared = { jitter: 0, guards: { motion: false } };
  // Crops that miss the bar leave about 0.71 to win without the guard: so many puzzles keep that five deviations above the bound.
  const numPuzzles = 640;
  const fine = scoreProbe(createBar, darkness, shared, numPuzzles);
  t.true(isChance(fine, numPuzzles), `accuracy ${fine}`);
  const open = scoreProbe(createBar, darkness, { ...shared, guards: { motion: false, bars: false } }, numPuzzles);
  t.true(open > 0.61, `open ${open}`);
});

test('a pan that always goes one way gives the direction away, and less with jitter as wide as its steps', (t) => {
  // A dark row moves down one pixel a frame; the probe finds it by its darkness.
  const createPan = (noise: Noise): Frames => createClip({ ...size, height: 40 }, (frame, y) => (y === 15 + frame ? 0 : 120 + noise(40)));
  const placeOf = (patch: Float32Array): number => {
    const sums = new Float64Array(SIDE);
    patch.forEach((value, i) => (sums[Math.floor(i / 3 / SIDE)]! += value));
    return sums.indexOf(Math.min(...sums));
  };
  const given = { numFrames: 2, span: 2, jitter: 0.25 };
  const open = scoreProbe(createPan, placeOf, { ...given, guards: { jitter: false } }, NUM_PUZZLES);
  const guarded = scoreProbe(createPan, placeOf, given, NUM_PUZZLES);
  t.true(open > 0.9, `open ${open}`);
  t.true(guarded < open - 0.2, `guarded ${guarded}`);
});
