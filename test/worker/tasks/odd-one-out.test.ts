// What odd-one-out draws, how its head compares, and shortcuts to the shuffled sequence: each solves puzzles without its guard, and
// none with it.

import test from 'ava';
import type { Random } from '../../../shared/random/random.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { oddOneOut } from '../../../worker/tasks/odd-one-out/puzzle.js';
import { createClip, createMovingSquare, createNoise, createScenes } from '../../helpers/clips.js';
import { meanOf, streamOf, type Noise } from '../../helpers/frame-order.js';
import { freshRandom } from '../../helpers/numerics.js';
import { bindTask, drawOne } from '../../helpers/puzzles.js';

const SIDE = 24;
const size = { numFrames: 20, height: 32, width: 40 };
const plain = { normalise: false, scale: false, duplicates: false, motion: false };

interface Drawn {
  /** Of each sequence the differences, [side * side] each, in order. */
  readonly sequences: Float32Array[][];
  readonly odd: number;
}

function drawPuzzle(frames: Frames, random: Random, given: object = {}): Drawn | undefined {
  const puzzle = bindTask(oddOneOut, given, SIDE);
  const { out, isDrawn } = drawOne(puzzle, { frames, item: 0 }, random);
  if (!isDrawn) return undefined;
  const [numSequences, numPictures] = puzzle.arrays['pictures']!.shape as [number, number];
  const area = SIDE * SIDE;
  const sequences = Array.from({ length: numSequences }, (_s, s) => Array.from({ length: 3 * numPictures }, (_c, c) => {
    const start = (s * numPictures + Math.floor(c / 3)) * area * 3 + (c % 3);
    return Float32Array.from({ length: area }, (_p, i) => out['pictures']![start + 3 * i]!);
  }));
  return { sequences, odd: out['odd']![0]! };
}

/** Frames of flat grey, each lighter than the one before. */
const ramp = createClip(size, (frame) => 40 + 10 * frame);

const isRising = (differences: readonly Float32Array[]): boolean => differences.every((each) => each[0]! > 0);
const isFalling = (differences: readonly Float32Array[]): boolean => differences.every((each) => each[0]! < 0);

test('every sequence but the odd one runs forwards, the odd one neither forwards nor backwards, and it stands anywhere', (t) => {
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 300; i++) {
    const { sequences, odd } = drawPuzzle(ramp, streamOf(i), { guards: plain })!;
    sequences.forEach((differences, k) => t.is(isRising(differences), k !== odd));
    t.false(isFalling(sequences[odd]!));
    counts[odd]! += 1;
  }
  // 5 degrees of freedom: 20.5 is passed once in a thousand keys, and the keys are fixed.
  t.true(counts.reduce((sum, count) => sum + (count - 50) ** 2 / 50, 0) < 20.5, String(counts));
});

test('differences of more frames than a picture has channels fill several pictures, and what is left over is zeros', (t) => {
  const { sequences, odd } = drawPuzzle(ramp, streamOf(1), { numFrames: 6, span: 15, guards: plain })!;
  sequences.forEach((channels, k) => {
    t.is(channels.length, 6);
    t.is(isRising(channels.slice(0, 5)), k !== odd);
    t.true(channels[5]!.every((value) => value === 0));
  });
});

test('a difference is that of two frames of one square, mirrored alike', (t) => {
  // Each pixel climbs by a number of its own.
  const frames = createClip({ ...size, numFrames: 8 }, (frame, y, x) => 20 + frame * ((x % 7) + 7 * (y % 3)));
  const slopes = new Set(Array.from({ length: 21 }, (_, i) => i));
  for (let i = 0; i < 10; i++) {
    const { sequences, odd } = drawPuzzle(frames, streamOf(i), { numFrames: 4, span: 3, guards: plain })!;
    sequences.forEach((differences, k) => {
      if (k !== odd) t.true(differences.every((each) => each.every((value) => slopes.has(Math.round(value * 64)))));
    });
  }
});

test('the stream alone decides, and still, short and small clips make no puzzle', (t) => {
  const { random } = freshRandom();
  const moving = createMovingSquare(size, random, 12);
  t.deepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(1)));
  t.notDeepEqual(drawPuzzle(moving, streamOf(1)), drawPuzzle(moving, streamOf(2)));
  t.is(drawPuzzle(createMovingSquare({ ...size, numFrames: 3 }, random, 12), streamOf(1)), undefined);
  t.is(drawPuzzle(createMovingSquare({ ...size, height: 23 }, random, 12), streamOf(1)), undefined);
  t.is(drawPuzzle(createClip(size, (_frame, y, x) => 10 * ((y + x) % 20)), streamOf(1)), undefined);
});

test('a span that does not hold the frames is refused', (t) => {
  t.throws(() => bindTask(oddOneOut, { numFrames: 8, span: 6 }, SIDE), { message: /task\.options\.span: 8 frames do not fit into a span of 6, expected at least 7/ });
});

/** What a probe scores that points at the sequence whose measure is largest. */
function scoreProbe(createFrames: (noise: Noise) => Frames, measure: (differences: readonly Float32Array[]) => number, given: object, numPuzzles: number): number {
  const { random } = freshRandom();
  const noise = createNoise(random);
  let numRight = 0;
  for (let i = 0; i < numPuzzles; i++) {
    const { sequences, odd } = drawPuzzle(createFrames(noise), random, given)!;
    const measured = sequences.map(measure);
    if (measured.indexOf(Math.max(...measured)) === odd) numRight += 1;
  }
  return numRight / numPuzzles;
}

interface Shortcut {
  readonly createFrames: (noise: Noise) => Frames;
  readonly measure: (differences: readonly Float32Array[]) => number;
  /** The guards without which it works. */
  readonly open: object;
  /** What it scores at least then. Default 0.5. */
  readonly least?: number;
  /** Default 120. */
  readonly numPuzzles?: number;
}

const shortcut = test.macro((t, { createFrames, measure, open, least = 0.5, numPuzzles = 120 }: Shortcut) => {
  const guarded = scoreProbe(createFrames, measure, {}, numPuzzles);
  t.true(Math.abs(guarded - 1 / 6) < 5 * Math.sqrt(5 / 36 / numPuzzles), `guarded ${guarded}`);
  const without = scoreProbe(createFrames, measure, { guards: open }, numPuzzles);
  t.log(`guarded ${guarded}, open ${without}`);
  t.true(without > least, `open ${without}`);
});

test('a fade gives the shuffled sequence away without normalisation, and nothing with it', shortcut, {
  createFrames: (noise) => createClip(size, (frame) => 40 + 8 * frame + noise(30)),
  // A shuffled fade goes to and fro.
  measure: (differences) => -Math.min(...differences.map(meanOf)),
  open: { normalise: false, scale: false },
});

test('how much changes gives the shuffled sequence away without scaling, and nothing with it', shortcut, {
  createFrames(noise) {
    // Each pixel wanders: the farther apart two frames are, the more they differ.
    const values = Float32Array.from({ length: size.height * size.width * 3 }, () => 128);
    return createClip(size, (_frame, y, x, c) => (values[(y * size.width + x) * 3 + c]! += noise(25) - 12));
  },
  measure: (differences) => differences.reduce((sum, each) => sum + each.reduce((squares, value) => squares + value * value, 0), 0),
  open: { scale: false },
});

test('a cut gives the shuffled sequence away without its guard, and nothing with it', shortcut, {
  // Of fewer frames many sequences are the same one, and the shuffled one is another.
  createFrames: (noise) => createScenes({ ...size, numFrames: 40 }, 20, noise),
  // Only a shuffled sequence goes there and back: two of its differences are opposite, more than those are that share a frame of noise.
  measure(differences) {
    const likeness = (a: Float32Array, b: Float32Array): number => {
      const product = (u: Float32Array, v: Float32Array): number => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
      return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
    };
    return -Math.min(...differences.flatMap((a, i) => differences.slice(0, i).map((b) => likeness(a, b))));
  },
  open: { cuts: false }, least: 0.35, numPuzzles: 240,
});
