import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type Random } from '../../../shared/random/random.js';
import { initValues } from '../../../shared/state/init.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { sliceSample } from '../../../worker/augment/prepare-samples.js';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import type { Media } from '../../../worker/decode/media.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import { choosePartners, pairSounds } from '../../../worker/tasks/sound-match/partners.js';
import { soundMatch } from '../../../worker/tasks/sound-match/puzzle.js';
import type { Arrays } from '../../../worker/tasks/task.js';
import { partsOf } from '../../helpers/recipes.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

const test = anyTest.serial as TestFn;

const SIDE = 16;
const FPS = 8;
const RATE_HZ = 16_000;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'puzzle' });

interface Recording {
  readonly seconds?: number;
  readonly item?: number;
  /** Level of the sound at a time, -1..1. */
  readonly soundAt?: (time: number) => number;
}

const tone = (pitchHz: number, level: number) => (time: number): number => level * Math.sin(2 * Math.PI * pitchHz * time);

/** A clip whose red level is four times the number of the frame. */
function record({ seconds = 3, item = 0, soundAt = tone(440, 0.3) }: Recording = {}): Media {
  const frames = createClip({ numFrames: seconds * FPS, height: 20, width: 24 }, (frame, y, x, c) => (c === 0 ? 4 * frame : x + y));
  const samples = Float32Array.from({ length: Math.round(seconds * RATE_HZ) }, (_, i) => soundAt(i / RATE_HZ));
  return { frames, item, fps: FPS, sound: { samples, rateHz: RATE_HZ } };
}

const PLAIN = { colourJitter: 0, flip: false, minArea: 1 };

const draw = (media: Media, options: object = {}, sample = 1): { readonly out: Arrays; readonly isDrawn: boolean } =>
  drawOne(bindTask(soundMatch, { ...PLAIN, ...options }, SIDE), media, streamOf(sample));

/** Loudest band of each moment. */
function loudestBands({ spectrogram }: Arrays, bands = 40): number[] {
  return Array.from({ length: spectrogram!.length / bands }, (_, column) => {
    const values = spectrogram!.slice(column * bands, (column + 1) * bands) as Float32Array;
    return values.indexOf(Math.max(...values));
  });
}

test.before(async () => {
  await backends.simd.start();
});

test('the picture is the frame in the middle of the second that is heard', (t) => {
  // The pitch climbs with time, so that the middle of the spectrogram tells the time.
  const pitchAt = (time: number): number => 500 + 1000 * time;
  const media = record({ soundAt: (time) => tone(pitchAt(time / 2), 0.3)(time) });
  const bandOf = (pitchHz: number): number => loudestBands(draw(record({ soundAt: tone(pitchHz, 0.3) })).out)[48]!;
  const times = Array.from({ length: 20 }, (_, sample) => {
    const { out, isDrawn } = draw(media, {}, sample);
    t.true(isDrawn);
    const frame = Math.round(out['picture']![0]! / 4);
    const expected = bandOf(pitchAt((frame + 0.5) / FPS));
    // A frame lasts an eighth of a second, in which the pitch climbs by a band or two.
    t.true(Math.abs(loudestBands(out)[48]! - expected) <= 2, `frame ${frame}`);
    return frame;
  });
  t.true(new Set(times).size > 5);
});

test('match and mismatch come up equally often, and a puzzle depends on its stream alone', (t) => {
  const media = record({ item: 7 });
  const matches = Array.from({ length: 400 }, (_, sample) => draw(media, {}, sample).out['match']![0]!);
  // Four deviations of a fair coin; the keys are fixed.
  t.true(Math.abs(matches.filter((match) => match === 1).length - 200) < 40);
  t.is(draw(media).out['item']![0], 7);
  t.deepEqual(draw(media, {}, 3), draw(media, {}, 3));
});

test('silence, sound that is too short, images and videos without sound make no puzzle', (t) => {
  t.true(draw(record()).isDrawn);
  t.false(draw(record({ soundAt: () => 0 })).isDrawn);
  t.false(draw(record({ soundAt: tone(440, 0.002) })).isDrawn);
  t.true(draw(record({ soundAt: tone(440, 0.002) }), { leastLevel: 0.001 }).isDrawn);
  const { frames, sound } = record();
  t.false(draw({ frames, item: 0, fps: FPS }).isDrawn);
  t.false(draw({ frames, item: 0, sound: sound! }).isDrawn);
  t.false(draw({ frames, item: 0, fps: FPS, sound: { ...sound!, samples: sound!.samples.subarray(0, RATE_HZ - 1) } }).isDrawn);
  // The frames end before the middle of the first second.
  t.false(draw({ frames: { ...frames, numFrames: 4 }, item: 0, fps: FPS, sound: sound! }).isDrawn);
  t.true(draw({ frames: { ...frames, numFrames: 5 }, item: 0, fps: FPS, sound: sound! }).isDrawn);
});

test('of a video that is silent at times a second is drawn in which something is heard', (t) => {
  const media = record({ seconds: 8, soundAt: (time) => (time > 5 ? tone(440, 0.3)(time) : 0) });
  const frames = Array.from({ length: 40 }, (_, sample) => draw(media, {}, sample)).filter(({ isDrawn }) => isDrawn).map(({ out }) => Math.round(out['picture']![0]! / 4));
  t.true(frames.length > 35);
  t.true(frames.every((frame) => frame >= 4.5 * FPS - 1), frames.join());
});

test('loudness does not show with the guard, and shows without', (t) => {
  const quiet = record({ soundAt: tone(440, 0.02) });
  const loud = record({ soundAt: tone(440, 0.5) });
  const differ = (options: object): number =>
    largestError(draw(quiet, options).out['spectrogram'] as Float32Array, draw(loud, options).out['spectrogram'] as Float32Array);
  t.true(differ({}) < 1e-3);
  t.true(differ({ guards: { loudness: false } }) > 0.3);
});

test('a partner is the next usable sample of another item, cyclically', (t) => {
  t.deepEqual([...choosePartners([1, 2, 3], [1, 1, 1])], [1, 2, 0]);
  t.deepEqual([...choosePartners([1, 1, 2, 1], [1, 1, 1, 1])], [2, 2, 3, 2]);
  t.deepEqual([...choosePartners([1, 2, 3, 4], [1, 0, 1, 1])], [2, -1, 3, 0]);
  t.deepEqual([...choosePartners([5, 5, 5], [1, 1, 1])], [-1, -1, -1]);
  t.deepEqual([...choosePartners([5, 6], [1, 0])], [-1, -1]);
  t.deepEqual([...choosePartners([5], [1])], [-1]);
});

test('a match hears itself, a mismatch its partner, and without a partner neither counts', (t) => {
  const paired = pairSounds([1, 2, 3], [1, 0, 0], [1, 1, 1]);
  t.deepEqual([[...paired.heard], [...paired.weights]], [[0, 2, 0], [1, 1, 1]]);
  const alone = pairSounds([1, 1, 2], [1, 0, 1], [1, 1, 0]);
  t.deepEqual([[...alone.heard], [...alone.weights]], [[0, 1, 2], [0, 0, 0]]);
});

const recipeOf = (options: object = {}, microbatchSize = 4): object => ({
  data: { root: '/data', source: 'video-folder', side: SIDE, shortSide: SIDE + 4 }, seed: 3, batch: { microbatches: 2, microbatchSize },
  task: { name: 'sound-match', options: { soundWidth: 4, embedding: 8, ...options } }, model: { name: 'convnet', options: { width: 4, stages: 2 } },
});

interface Measured {
  /** What the answer for a match is above that for a mismatch, [B]. */
  readonly answers: number[];
  readonly losses: number[];
  readonly weights: number[];
  readonly accuracies: number[];
}

function measure({ puzzle, objective, model, modelOptions, layout }: TrainerParts, arrays: Arrays, weights: Float32Array): Measured {
  const values = nameValues(layout, initValues(layout, 3));
  const measured = tf.tidy(() => {
    const batch = toBatch(puzzle, arrays, weights);
    const net = createNet({ model, modelOptions, values });
    const predictions = objective.predict(batch, net);
    const { terms, metrics } = objective.losses(predictions, batch, net);
    const logits = [...predictions['match']!.dataSync<'float32'>()];
    return {
      answers: Array.from({ length: weights.length }, (_, i) => logits[2 * i + 1]! - logits[2 * i]!),
      losses: [...terms['crossEntropy']!.perSample.dataSync<'float32'>()],
      weights: [...terms['crossEntropy']!.weight!.dataSync<'float32'>()],
      accuracies: [...metrics['accuracy']!.perSample.dataSync<'float32'>()],
    };
  });
  tf.dispose(values);
  return measured;
}

/** A microbatch of four items with tones of their own. */
function createMicrobatch(parts: TrainerParts, matches: readonly number[]): Arrays {
  const { arrays } = createArrays(parts.puzzle, matches.length);
  matches.forEach((match, slot) => {
    const out = sliceSample(arrays, slot, matches.length);
    if (!parts.puzzle.draw(record({ item: slot, soundAt: tone(300 * (slot + 1), 0.3) }), streamOf(slot), out)) throw new Error('no puzzle');
    out['match']![0] = match;
  });
  return arrays;
}

test('a sample that shall not match hears the sound of the next item, and the loss is the cross-entropy of that', (t) => {
  const parts = partsOf(recipeOf());
  const ones = new Float32Array(4).fill(1);
  const own = measure(parts, createMicrobatch(parts, [1, 1, 1, 1]), ones);
  const mixed = createMicrobatch(parts, [1, 0, 1, 1]);
  const { answers, losses, accuracies, weights } = measure(parts, mixed, ones);
  t.deepEqual([answers[0], answers[2], answers[3]], [own.answers[0], own.answers[2], own.answers[3]]);
  t.not(answers[1], own.answers[1]);
  // The same as if the next item's sound were its own.
  const swapped = createMicrobatch(parts, [1, 1, 1, 1]);
  sliceSample(swapped, 1, 4)['spectrogram']!.set(sliceSample(mixed, 2, 4)['spectrogram']!);
  t.is(measure(parts, swapped, ones).answers[1], answers[1]);
  const expected = answers.map((answer, i) => Math.log(1 + Math.exp(i === 1 ? answer : -answer)));
  t.true(largestError(losses, expected) < 1e-5);
  t.deepEqual(accuracies, answers.map((answer, i) => Number(answer > 0 === (i !== 1))));
  t.deepEqual(weights, [1, 1, 1, 1]);
});

test('samples that cannot be used are nobody\'s partner, whatever their arrays hold', (t) => {
  const parts = partsOf(recipeOf());
  const arrays = createMicrobatch(parts, [1, 0, 1, 1]);
  const weights = Float32Array.of(1, 1, 0, 1);
  const before = measure(parts, arrays, weights);
  for (const array of Object.values(sliceSample(arrays, 2, 4))) array.fill(0);
  const after = measure(parts, arrays, weights);
  t.deepEqual(after.weights, [1, 1, 0, 1]);
  for (const i of [0, 1, 3]) t.is(after.losses[i], before.losses[i]);
});

test('where all samples are of one item nothing counts', (t) => {
  const parts = partsOf(recipeOf());
  const arrays = createMicrobatch(parts, [1, 0, 1, 0]);
  arrays['item']!.fill(3);
  t.deepEqual(measure(parts, arrays, new Float32Array(4).fill(1)).weights, [0, 0, 0, 0]);
});

test('a microbatch of one, and spectrograms that cannot be, are refused with the reason', (t) => {
  t.throws(() => partsOf(recipeOf({}, 1)), { code: 'BAD_RECIPE', message: /from another sample of the microbatch/ });
  t.throws(() => bindTask(soundMatch, { seconds: 0.1, window: 2048 }, SIDE), { code: 'BAD_RECIPE', message: /are more than/ });
  t.throws(() => bindTask(soundMatch, { window: 128 }, SIDE), { code: 'BAD_RECIPE', message: /cannot tell 40 bands apart/ });
  t.deepEqual(soundMatch.bind(soundMatch.options.parse({}), sizesOf(SIDE)).arrays['spectrogram']!.shape, [97, 40, 1]);
});

test('a second of noise is finite everywhere, as is one of full scale', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const soundAt of [() => random.uniform(-1, 1), () => 1, tone(7999, 1)]) {
    const { out, isDrawn } = draw(record({ soundAt }));
    t.true(isDrawn);
    t.true((out['spectrogram'] as Float32Array).every((value) => Number.isFinite(value) && value >= 0 && value < 16));
  }
});
