// Learning from labels: losses by float64, samples without a label, class weights and blends, and annealing.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { backends } from '../../../worker/backends/index.js';
import { createNet } from '../../../worker/compute/net.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import type { NamedTensors } from '../../../worker/models/model.js';
import { blend, drawMix, drawShare, mixOf } from '../../../worker/losses/mixup.js';
import { boundAt, classify as createObjective } from '../../../worker/tasks/classify/objective.js';
import { classify } from '../../../worker/tasks/classify/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { LOGITS, mixed, netAt, readOutcome, SHARES, type Lost, type Mix } from '../../helpers/labels.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';
import { partsOf } from '../../helpers/recipes.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIDE = 16;

test.before(async () => {
  await backends.simd.start();
});

const softmax = (logits: readonly number[]): number[] => {
  const exponentials = logits.map(Math.exp);
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((each) => each / sum);
};

interface Measuring {
  readonly labels: readonly number[];
  readonly labelled?: number;
  readonly progress?: number;
  readonly mix?: Mix;
}

/** Losses of three classes, at `progress` of a stage. */
function measure(options: object, { labels, labelled, progress = 1, mix }: Measuring): Lost {
  return readOutcome(() => {
    const objective = createObjective(classify.options.parse(options), { ...sizesOf(SIDE), classShares: SHARES, ...(labelled !== undefined && { labelled }) });
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: {}, arrays: { class: Int32Array.from(labels) } };
    return objective.losses({ class: tf.tensor2d(LOGITS), ...(mix && mixed(mix)) }, batch, netAt(progress));
  });
}

test('cross-entropy with smoothed labels is that of float64, and the class of the largest logit is the guess', (t) => {
  const labels = [0, 0, 2, 1];
  const { losses, metrics } = measure({ smoothing: 0.3 }, { labels });
  const expected = LOGITS.map((logits, i) => -softmax(logits).reduce((sum, p, k) => sum + ((k === labels[i] ? 0.7 : 0) + 0.1) * Math.log(p), 0));
  t.true(largestError(losses, expected) < 1e-6, JSON.stringify([losses, expected]));
  t.deepEqual(metrics['accuracy']!.values, [1, 0, 1, 0]);
});

test('balanced classes count by the inverse of their share, 1 on average over the shown labels', (t) => {
  const labels = [0, 1, 2, 1];
  const plain = measure({}, { labels }).losses;
  const weights = SHARES.map((share) => 1 / (3 * share));
  t.true(largestError(measure({ classWeights: 'balanced' }, { labels }).losses, plain.map((loss, i) => loss * weights[labels[i]!]!)) < 1e-6);
  t.true(Math.abs(weights.reduce((sum, weight, k) => sum + weight * SHARES[k]!, 0) - 1) < 1e-12);
  t.regex(t.throws(() => bindTask(classify, { classWeights: 'balanced' }, SIDE), { code: 'BAD_RECIPE' }).message, /data\.classShares.*expected 3.*given none/);
});

test('a blended sample loses by the classes of both, each by its share and by what it counts', (t) => {
  const labels = [0, 1, 2, -1];
  const mix = { partner: [2, 0, 1, 3], own: [0.7, 0.9, 0.5, 1] };
  const options = { mixup: 0.4, classWeights: 'balanced', smoothing: 0.3 };
  const weights = SHARES.map((share) => 1 / (3 * share));
  const lossAs = (sample: number, label: number): number => weights[label]! * -softmax(LOGITS[sample]!).reduce((sum, p, k) => sum + ((k === label ? 0.7 : 0) + 0.1) * Math.log(p), 0);
  const expected = [0, 1, 2].map((i) => mix.own[i]! * lossAs(i, labels[i]!) + (1 - mix.own[i]!) * lossAs(i, labels[mix.partner[i]!]!));
  t.true(largestError(measure(options, { labels, mix }).losses, [...expected, 0]) < 1e-6);
});

test('shares of blends are those of the larger part of Beta(a, a), and samples without a label stay as they are', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (const a of [0.1, 0.4, 1]) {
    const shares = Array.from({ length: 20_000 }, () => drawShare(random, a));
    t.true(shares.every((share) => share >= 0.5 && share <= 1));
    // The variance of Beta(a, a) is 1 / (4 (2 a + 1)), and the larger part is as far from its mean of 1/2 as the smaller one.
    const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
    t.true(Math.abs(variance * 4 * (2 * a + 1) - 1) < 0.03, `${a}: ${variance}`);
  }
  tf.tidy(() => {
    const isUsed = Array.from({ length: 40 }, (_, i) => i % 4 !== 0);
    const mix = drawMix(random, isUsed, 0.4);
    const [partner, own] = [mix.partner.dataSync(), mix.own.dataSync()];
    t.deepEqual([...new Set(partner)].length, 40);
    isUsed.forEach((used, i) => { if (!used) t.deepEqual([partner[i], own[i]], [i, 1]); else t.true(isUsed[partner[i]!]); });
    const values = tf.reshape<tf.Rank.R2>(tf.linspace(0, 1.19, 120), [40, 3]);
    const blended = blend(values, mix).arraySync();
    t.true(blended.every((row, i) => largestError(row, row.map((_, c) => own[i]! * (3 * i + c) / 100 + (1 - own[i]!) * (3 * partner[i]! + c) / 100)) < 1e-6));
  });
});

test('pictures are blended to learn from them, not to measure; consistency is refused then', (t) => {
  tf.tidy(() => {
    const parts = partsOf({ data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE, classes: ['a', 'b', 'c'] }, task: { name: 'classify', options: { mixup: 1 } }, model: { name: 'convnet', options: { width: 2, stages: 2 } } });
    const objective = createObjective(classify.options.parse({ mixup: 1 }), sizesOf(SIDE));
    const { random } = freshRandom();
    const values = Object.fromEntries(parts.layout.entries.map(({ name, shape }) => [name, tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)), [...shape])]));
    const picture = tf.tensor(Float32Array.from({ length: 4 * SIDE * SIDE * 3 }, () => random.uniform(-1, 1)), [4, SIDE, SIDE, 3]);
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: { picture }, arrays: { class: Int32Array.of(0, 1, 2, 0) } };
    const netOf = (training?: { seed: number; step: number; microbatch: number }) => createNet({ model: parts.model, modelOptions: parts.modelOptions, values, ...(training && { training }) });
    t.deepEqual(Object.keys(objective.predict(batch, netOf())), ['class']);
    const learnFrom = (step: number): NamedTensors => objective.predict(batch, netOf({ seed: 1, step, microbatch: 0 }));
    const sharesOf = (step: number): number[] => [...learnFrom(step)['own']!.dataSync()];
    t.deepEqual(sharesOf(1), sharesOf(1));
    t.notDeepEqual(sharesOf(1), sharesOf(2));
    const learnt = learnFrom(1);
    const shown = objective.predict({ ...batch, tensors: { picture: blend(picture, mixOf(learnt)!) } }, netOf());
    t.true(largestError(learnt['class']!.dataSync(), shown['class']!.dataSync()) < 1e-6);
  });
  const consistent = { data: { root: '/data', source: 'image-folder', classes: ['a', 'b'] }, task: { name: 'classify', options: { mixup: 0.2 } }, consistency: { predictions: {} } };
  t.regex(t.throws(() => partsOf(consistent), { code: 'BAD_RECIPE' }).message, /mixup blends/);
});

test('samples without a label lose nothing, and the others so much that the mean over all is the mean over them', (t) => {
  const all = measure({}, { labels: [0, 0, 2, 1] }).losses;
  const { losses, metrics } = measure({}, { labels: [0, -1, 2, -1], labelled: 0.5 });
  t.true(largestError(losses, [2 * all[0]!, 0, 2 * all[2]!, 0]) < 1e-6);
  t.deepEqual(metrics['accuracy']!.counted, [1, 0, 1, 0]);
});

test('annealing leaves out what is surer than its bound, and the mean is over what is left of the labelled', (t) => {
  const labels = [0, -1, 2, 0];
  const sure = LOGITS.map((logits, i) => softmax(logits)[Math.max(labels[i]!, 0)]!);
  const progress = 0.5;
  t.true(sure[0]! < boundAt('linear', progress, 3) && sure[2]! < boundAt('linear', progress, 3) && sure[3]! > boundAt('linear', progress, 3));
  const { losses } = measure({ annealing: 'linear' }, { labels, labelled: 0.75, progress });
  const factor = (3 / 2) / 0.75;
  t.true(largestError(losses, [-Math.log(sure[0]!) * factor, 0, -Math.log(sure[2]!) * factor, 0]) < 1e-6);
  t.deepEqual(measure({ annealing: 'exp' }, { labels: [0, -1, 2, 0], progress: 0 }).losses.slice(0, 2), [0, 0]);
});

test('the bound rises from chance to certainty as log, line or exponential', (t) => {
  for (const annealing of ['linear', 'exp', 'log'] as const) {
    const bounds = [0, 0.25, 0.5, 1].map((progress) => boundAt(annealing, progress, 4));
    const risen = { linear: [0, 0.25, 0.5, 1], exp: [-5, -3.75, -2.5, 0].map(Math.exp), log: [0, -1.25, -2.5, -5].map((power) => 1 - Math.exp(power)) }[annealing];
    t.true(largestError(bounds, risen.map((each) => 0.25 + 0.75 * each)) < 1e-6, annealing);
  }
  t.is(boundAt('none', 0, 4), 1);
});

test('a puzzle has the class of its item; -1 stands for none', (t) => {
  const puzzle = bindTask(classify, {}, SIDE);
  const { random } = freshRandom();
  const { label, ...unlabelled } = createMedia(5, { side: SIDE + 4, puzzle });
  t.is(drawOne(puzzle, { ...unlabelled, label: label! }, random).out['class']![0], 5 % 3);
  const { out, isDrawn } = drawOne(puzzle, unlabelled, random);
  t.true(isDrawn);
  t.is(out['class']![0], -1);
});

test('frames of a clip come from equal parts of it, in order, cropped and coloured alike', (t) => {
  const puzzle = bindTask(classify, { frames: 4, colourJitter: 0 }, SIDE);
  // Frame f is of brightness 10 f all over.
  const frames = createClip({ numFrames: 20, height: 24, width: 24 }, (frame) => 10 * frame);
  const { random } = freshRandom();
  for (let i = 0; i < 20; i++) {
    const { out } = drawOne(puzzle, { frames, item: 0, label: 1 }, random);
    const pictures = out['picture'] as Uint8Array;
    const length = SIDE * SIDE * 3;
    for (let shown = 0; shown < 4; shown++) {
      const part = pictures.subarray(shown * length, (shown + 1) * length);
      t.true(part.every((value) => value === part[0]));
      t.is(Math.floor(part[0]! / 50), shown);
    }
  }
});

test('what is measured is the middle as it is, a frame from the middle of each part', (t) => {
  const puzzle = bindTask(classify, { frames: 2 }, SIDE);
  const frames = createClip({ numFrames: 20, height: SIDE, width: SIDE + 6 }, (frame, _y, x) => 10 * frame + x);
  const { arrays: out } = createArrays(puzzle, 1);
  t.true(puzzle.drawPlain!({ frames, item: 0, label: 1 }, freshRandom().random, out));
  const row = (frame: number): number[] => Array.from({ length: 3 * SIDE }, (_, i) => 10 * frame + 3 + Math.floor(i / 3));
  t.deepEqual([...(out['picture'] as Uint8Array).subarray(0, 3 * SIDE)], row(5));
  t.deepEqual([...(out['picture'] as Uint8Array).subarray(-3 * SIDE)], row(15));
  t.is(out['class']![0], 1);
});
