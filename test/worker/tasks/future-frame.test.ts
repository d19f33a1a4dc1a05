// What future-frame draws, what it loses against the same worked out in float64, and that to copy the last frame gains nothing.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { sumOutcome, type SummedOutcome } from '../../../worker/compute/outcome.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { gradientDifference } from '../../../worker/losses/gradient-difference.js';
import { futureFrame as objective } from '../../../worker/tasks/future-frame/objective.js';
import { futureFrame } from '../../../worker/tasks/future-frame/puzzle.js';
import type { Batch } from '../../../worker/tasks/objective.js';
import type { Arrays } from '../../../worker/tasks/task.js';
import { createClip } from '../../helpers/clips.js';
import { streamOf } from '../../helpers/frame-order.js';
import { freshRandom, largestError, normals, slopeAlong } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const SIDE = 16;
const size = { numFrames: 20, height: 24, width: 30 };
const LENGTH = SIDE * SIDE * 3;

function drawPuzzle(frames: Frames, sample: number, given: object = {}, fps = 10): Arrays | undefined {
  const { out, isDrawn } = drawOne(bindTask(futureFrame, given, SIDE), { frames, item: 0, fps }, streamOf(sample));
  return isDrawn ? out : undefined;
}

/** Frames of flat grey, each lighter than the one before. */
const ramp = createClip(size, (frame) => 40 + 10 * frame);
const open = { motion: false, otherScene: false };
const timesOf = ({ frames, future }: Arrays): number[] =>
  [...Array.from({ length: frames!.length / LENGTH }, (_, k) => frames![k * LENGTH]!), future![0]!].map((value) => (value - 40) / 10);

test('frames and the later one are as far apart as the horizon says, one frame at least', (t) => {
  for (let i = 0; i < 20; i++) {
    const stepsOf = (given: object, fps?: number): number[] => {
      const times = timesOf(drawPuzzle(ramp, i, { guards: open, ...given }, fps)!);
      return times.slice(1).map((time, k) => time - times[k]!);
    };
    t.deepEqual(stepsOf({}), [2, 2, 2]);
    t.deepEqual(stepsOf({ horizonS: 0.4, numFrames: 2 }), [4, 4]);
    t.deepEqual(stepsOf({ horizonS: 0.01, numFrames: 1 }), [1]);
    t.deepEqual(stepsOf({ horizonS: 0.5 }, 4), [2, 2, 2]);
  }
});

test('all frames show one square, mirrored alike, as bytes', (t) => {
  const frames = createClip(size, (frame, y, x, c) => [10 * frame, 8 * y, 8 * x][c]!);
  for (let i = 0; i < 10; i++) {
    const { frames: seen, future } = drawPuzzle(frames, i)!;
    const places = [0, LENGTH, 2 * LENGTH].map((start) => seen!.subarray(start, start + LENGTH).filter((_, at) => at % 3 > 0));
    for (const place of places) t.deepEqual(place, future!.filter((_, at) => at % 3 > 0));
  }
});

test('still clips, other scenes, cuts, and short and small clips make no puzzle, unless the guard is off', (t) => {
  const still = createClip(size, (_frame, y, x) => 8 * y + x);
  t.is(drawPuzzle(still, 1), undefined);
  t.not(drawPuzzle(still, 1, { guards: { still: false, motion: false } }), undefined);
  // Each frame is of another grey: nothing to guess by.
  const flashing = createClip(size, (frame) => (frame % 4 < 2 ? 30 : 220));
  t.is(drawPuzzle(flashing, 1, { guards: { motion: false } }), undefined);
  t.not(drawPuzzle(flashing, 1, { guards: open }), undefined);
  const cut = createClip({ ...size, numFrames: 10 }, (frame, y, x) => (frame < 5 ? 10 * y : 8 * x));
  t.is(drawPuzzle(cut, 1, { guards: { ...open, still: false } }), undefined);
  t.not(drawPuzzle(cut, 1, { guards: { ...open, still: false, cuts: false } }), undefined);
  t.is(drawPuzzle(createClip({ ...size, numFrames: 6 }, (frame) => 40 + 10 * frame), 1, { guards: open }), undefined);
  t.is(drawPuzzle(createClip({ ...size, height: SIDE - 1 }, (frame) => 40 + 10 * frame), 1, { guards: open }), undefined);
});

test('a horizon above a second is refused', (t) => {
  t.throws(() => bindTask(futureFrame, { horizonS: 1.5 }, SIDE), { message: /horizonS/ });
});

type Size = readonly [height: number, width: number, channels: number];

/** Of one picture, row by row: the mean over steps to the row below of | |step of the one| - |step of the other| |, and that over steps to the right. */
function differenceOfSteps(made: ArrayLike<number>, wanted: ArrayLike<number>, [height, width, channels]: Size): number {
  const along = (dy: number, dx: number): number => {
    const size = (values: ArrayLike<number>, i: number): number => Math.abs(values[i + (dy * width + dx) * channels]! - values[i]!);
    let [total, count] = [0, 0];
    for (let i = 0; i < height * width * channels; i++) {
      const [y, x] = [Math.floor(i / channels / width), Math.floor(i / channels) % width];
      if (y + dy === height || x + dx === width) continue;
      total += Math.abs(size(made, i) - size(wanted, i));
      count += 1;
    }
    return total / count;
  };
  return along(1, 0) + along(0, 1);
}

test('the gradient difference is that of sizes of steps along rows and columns, worked out in float64', (t) => {
  const { random } = freshRandom();
  const [made, wanted] = [0, 1].map(() => Float32Array.from({ length: 120 }, () => random.uniform(-1, 1))) as [Float32Array, Float32Array];
  const expected = [0, 60].map((start) => differenceOfSteps(made.subarray(start, start + 60), wanted.subarray(start, start + 60), [4, 5, 3]));
  tf.tidy(() => {
    const tensors = [made, wanted].map((values) => tf.tensor4d(values, [2, 4, 5, 3])) as [tf.Tensor4D, tf.Tensor4D];
    t.true(largestError(gradientDifference(...tensors).dataSync<'float32'>(), expected) < 1e-5);
    t.deepEqual([...gradientDifference(tensors[0], tf.neg(tensors[0])).dataSync()], [0, 0]);
  });
});

for (const [given, power, weight] of [[{}, 2, 0.1], [{ distance: 'absolute', gradients: 1 }, 1, 1], [{ distance: 'square', gradients: 3 }, 2, 3], [{ distance: 'absolute', gradients: 0 }, 1, 0]] as const) {
  test(`${JSON.stringify(given)}: pixels and steps are lost by what the options say, samples that cannot be used not at all, as float64 says`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const [side, numSamples, weights] = [5, 3, Float32Array.of(1, 0, 1)];
    const length = side * side * 3;
    const [made, wanted, direction] = [0, 1, 2].map(() => normals(random, numSamples * length)) as [Float32Array, Float32Array, Float32Array];
    const expectedOf = (values: ArrayLike<number>): { readonly pixels: number; readonly gradients: number } => {
      let [pixels, gradients] = [0, 0];
      weights.forEach((counts, sample) => {
        const [one, other] = [values, wanted].map((all) => Array.from({ length }, (_, i) => all[sample * length + i]!)) as [number[], number[]];
        pixels += (counts * one.reduce((sum, value, i) => sum + Math.abs(value - other[i]!) ** power, 0)) / length;
        gradients += counts * weight * differenceOfSteps(one, other, [side, side, 3]);
      });
      return { pixels, gradients };
    };
    tf.tidy(() => {
      const pictures = (values: Float32Array): tf.Tensor => tf.tensor4d(values, [numSamples, side, side, 3]);
      const tensors = { future: pictures(wanted), frames: tf.tensor5d(normals(random, 2 * numSamples * length), [numSamples, 2, side, side, 3]) };
      const { losses } = objective(futureFrame.options.parse({ numFrames: 2, ...given }), sizesOf(side));
      const lose = (future: tf.Tensor): SummedOutcome => sumOutcome(losses({ future }, { numSamples, tensors, arrays: {}, weights }, undefined as never), tf.tensor1d(weights));
      const { pixels, gradients } = expectedOf(made);
      const { terms } = lose(pictures(made));
      t.deepEqual(terms.map(({ name }) => name), weight > 0 ? ['pixels', 'gradients'] : ['pixels']);
      const numbers = terms.map(({ sum }) => sum.dataSync<'float32'>()[0]!);
      t.true(largestError(numbers, [pixels, gradients].slice(0, numbers.length)) < 1e-5);
      const gradient = tf.grad((future) => lose(future).loss)(pictures(made)).dataSync<'float32'>();
      const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const wantedSlope = slopeAlong((values) => expectedOf(values).pixels + expectedOf(values).gradients, made, direction);
      t.true(largestError([slope], [wantedSlope]) < 1e-4, `slope ${slope} instead of ${wantedSlope}`);
    });
  });
}

/** Two samples of one frame: in the first a quarter of the picture changes by 1, in the second nothing does. */
const batchOf = (): Batch => {
  const last = tf.zeros<tf.Rank.R5>([2, 1, SIDE, SIDE, 3]);
  const wanted = tf.tensor4d(Float32Array.from({ length: 2 * LENGTH }, (_, i) => (i < LENGTH / 4 ? 1 : 0)), [2, SIDE, SIDE, 3]);
  return { numSamples: 2, tensors: { frames: last, future: wanted }, arrays: {}, weights: new Float32Array([1, 1]) };
};

test('to copy the last frame gains nothing; the gain counts where something moves, and samples where nothing does count not at all', (t) => {
  const { losses } = objective(futureFrame.options.parse({ numFrames: 1 }), sizesOf(SIDE));
  tf.tidy(() => {
    const batch = batchOf();
    const gainOf = (future: tf.Tensor): number[] => {
      const { gain } = losses({ future }, batch, undefined as never).metrics;
      t.deepEqual([...gain!.weight!.dataSync()], [1, 0]);
      return [...gain!.perSample.dataSync<'float32'>()];
    };
    const wanted = batch.tensors['future']!;
    t.is(gainOf(tf.zerosLike(wanted))[0], 0);
    // Half of the way is a quarter of the square: 6 decibels, less what keeps gains finite.
    const expected = 10 * Math.log10((1 + 1e-4) / (0.25 + 1e-4));
    t.true(Math.abs(gainOf(tf.mul(wanted, 0.5))[0]! - expected) < 1e-4);
    // What is wrong where nothing moves is left out of the gain, not out of the loss.
    const made = tf.add(tf.mul(wanted, 0.5), tf.mul(tf.sub(1, wanted), 0.3));
    t.true(Math.abs(gainOf(made)[0]! - expected) < 1e-4);
    const absolute = objective(futureFrame.options.parse({ numFrames: 1, distance: 'absolute' }), sizesOf(SIDE)).losses;
    for (const [lossesOf, expected] of [[losses, (0.5 ** 2 + 3 * 0.3 ** 2) / 4], [absolute, (0.5 + 3 * 0.3) / 4]] as const) {
      const { pixels } = lossesOf({ future: made }, batch, undefined as never).terms;
      t.true(Math.abs(pixels!.perSample.dataSync<'float32'>()[0]! - expected) < 1e-5);
    }
  });
});
