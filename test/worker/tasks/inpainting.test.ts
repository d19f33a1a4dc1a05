// Inpainting: what is taken away, what the trunk sees, and the losses and metrics against independent computations.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { blurGaussian } from '../../../worker/augment/ops/blur.js';
import { planCritic } from '../../../worker/tasks/inpainting/critic-state.js';
import { drawHole, fillInwards, shrink, type Shape } from '../../../worker/tasks/inpainting/holes.js';
import { inpainting as objective } from '../../../worker/tasks/inpainting/objective.js';
import { inpainting } from '../../../worker/tasks/inpainting/puzzle.js';
import type { Batch, Net } from '../../../worker/tasks/objective.js';
import { createClip } from '../../helpers/clips.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

const test = anyTest.serial as TestFn;
const SIDE = 32;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });
const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

test.before(async () => {
  await backends.simd.start();
});

const holeOf = (shape: Shape, sample: number): Float32Array => {
  const mask = new Float32Array(SIDE * SIDE);
  drawHole(shape, mask, SIDE, streamOf(sample));
  return mask;
};

test('holes cover as much as they should, are the same from the same key, and nearly every place is taken at some time', (t) => {
  const centre = holeOf('centre', 1);
  t.is(sumOf(centre), 16 * 16);
  t.is(centre[8 * SIDE + 8]! + centre[23 * SIDE + 23]!, 2);
  for (const shape of ['blocks', 'region'] as const) {
    const covered = new Float32Array(SIDE * SIDE);
    for (let i = 0; i < 200; i++) {
      const mask = holeOf(shape, i);
      t.deepEqual(holeOf(shape, i), mask);
      const share = sumOf(mask) / mask.length;
      t.true(share >= 0.25 && share < (shape === 'region' ? 0.38 : 0.5), `${shape} ${share}`);
      mask.forEach((value, p) => (covered[p]! += value));
    }
    t.true(covered.filter((count) => count > 0).length > 0.98 * covered.length, shape);
  }
});

test('a hole shrinks from its inner border, and not from that of the picture', (t) => {
  const rows = (...lines: string[]): Float32Array => Float32Array.from(lines.join(''), Number);
  const out = new Float32Array(25);
  shrink(rows('11110', '11110', '11110', '00000', '00000'), 5, 1, out);
  t.deepEqual(out, rows('11100', '11100', '00000', '00000', '00000'));
  shrink(rows('11110', '11110', '11110', '00000', '00000'), 5, 0, out);
  t.deepEqual(out, rows('11110', '11110', '11110', '00000', '00000'));
});

test('the border is carried inwards ring by ring', (t) => {
  const picture = Float32Array.of(4, 4, 4, 4, 4, 0, 0, 8, 8, 0, 0, 8, 8, 8, 8, 8);
  fillInwards(picture, Float32Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0), 4);
  // Upper left of four: 4 four times and 8 once. Upper right: 4 three times and 8 twice. Below: 8, and 4 once where it touches.
  t.deepEqual([...picture].map((value) => Math.round(100 * value) / 100), [4, 4, 4, 4, 4, 4.8, 5.6, 8, 8, 7.2, 8, 8, 8, 8, 8, 8]);
});

test('thin holes are filled by their border, blocks and regions are not', (t) => {
  const leftOf = (maskOf: (i: number) => Float32Array): number => {
    let [wrong, whole] = [0, 0];
    for (let i = 0; i < 60; i++) {
      const random = streamOf(500 + i);
      const picture = Float32Array.from({ length: SIDE * SIDE }, () => random.float());
      blurGaussian(picture, SIDE, 2);
      const mask = maskOf(i);
      const mean = picture.reduce((sum, value, p) => sum + value * (1 - mask[p]!), 0) / (mask.length - sumOf(mask));
      const filled = picture.slice();
      fillInwards(filled, mask, SIDE);
      mask.forEach((value, p) => {
        wrong += value * (filled[p]! - picture[p]!) ** 2;
        whole += value * (mean - picture[p]!) ** 2;
      });
    }
    return wrong / whole;
  };
  const thin = leftOf((i) => Float32Array.from({ length: SIDE * SIDE }, (_, p) => ((Math.floor(p / SIDE) + i) % 4 === 0 ? 1 : 0)));
  t.true(thin < 0.1, String(thin));
  for (const shape of ['centre', 'blocks', 'region'] as const) {
    const left = leftOf((i) => holeOf(shape, i));
    t.true(left > 0.5, `${shape} ${left}`);
  }
});

test('a band inside the hole is seen, asked for, and weighs what it should; it is as wide as the paper\'s', (t) => {
  const frames = createClip({ numFrames: 1, height: 40, width: 40 }, (_frame, y, x) => 3 * y + x);
  const { out } = drawOne(bindTask(inpainting, { hole: 'centre', overlapWeight: 5 }, SIDE), { frames, item: 0 }, streamOf(1));
  t.is(sumOf(out['hole']!), 14 * 14);
  t.is(sumOf(out['asked']!), 14 * 14 + 5 * (16 * 16 - 14 * 14));
  // 4 pixels of 128 in the code, 7 of 224 in the paper.
  for (const [side, band] of [[128, 4], [224, 7]] as const) {
    const large = drawOne(bindTask(inpainting, { hole: 'centre' }, side), { frames, item: 0 }, streamOf(1)).out;
    t.is(sumOf(large['hole']!), (side / 2 - 2 * band) ** 2);
  }
  t.throws(() => bindTask(inpainting, { overlap: 0.1 }, 16), { code: 'BAD_RECIPE', message: /a band of 2 on both sides of a hole of 4, and leaves nothing/ });
  // What is carried inwards differs from the picture in the hole alone.
  out['diffused']!.forEach((value, i) => {
    if (out['hole']![Math.floor(i / 3)] === 0) t.is(value, out['picture']![i]!);
  });
});

/** A batch of numbers at random, of two samples with holes and one that cannot be used. */
function createBatch(random: Random): { batch: Batch; made: Float32Array; numbers: Record<'picture' | 'diffused' | 'hole' | 'asked', Float32Array> } {
  const places = 3 * SIDE * SIDE;
  const numbers = { picture: normals(random, places * 3), diffused: normals(random, places * 3), hole: new Float32Array(places), asked: new Float32Array(places) };
  for (let p = 0; p < 2 * SIDE * SIDE; p++) {
    numbers.hole[p] = Number(random.chance(0.3));
    numbers.asked[p] = numbers.hole[p]! === 1 ? 1 : random.chance(0.2) ? 10 : 0;
  }
  const tensors = Object.fromEntries(Object.entries(numbers).map(([name, values]) => [name, tf.tensor(values, [3, SIDE, SIDE, values.length / places])]));
  return { batch: { numSamples: 3, arrays: {}, weights: Float32Array.of(1, 1, 0), tensors }, made: normals(random, places * 3).map((value) => value / 2), numbers };
}

const netOf = (named: Record<string, tf.Tensor>, onEncode: (images: tf.Tensor4D) => void = () => undefined): Net => ({
  encode: (images) => {
    onEncode(images);
    return [tf.zeros([3, 2, 2, 4])];
  },
  named: () => named, dropout: (inputs) => inputs, random: streamOf(1),
});

test('the trunk sees nothing of the hole', (t) => {
  tf.tidy(() => {
    const { random } = freshRandom();
    const { batch, numbers } = createBatch(random);
    let seen: Float32Array = new Float32Array(0);
    const options = inpainting.options.parse({ decoderWidth: 1 });
    const specs = inpainting.bind(options, sizesOf(SIDE)).state({ channels: 4, side: 2, stages: [], state: [] });
    const named = Object.fromEntries(specs.map(({ name, shape }) => [name, tf.zeros([...shape])]));
    objective(options, sizesOf(SIDE)).predict(batch, netOf(named, (images) => { seen = images.dataSync<'float32'>(); }));
    t.is(seen.length, numbers.picture.length);
    t.true(seen.every((value, i) => Math.abs(value - (numbers.hole[Math.floor(i / 3)] === 1 ? 0 : numbers.picture[i]!)) < 1e-7));
  });
});

test('the loss is the weighted mean square, and gains are over the mean colour that is seen and over the border carried inwards', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  tf.tidy(() => {
    const { batch, made, numbers: { picture, diffused, hole, asked } } = createBatch(random);
    const length = SIDE * SIDE;
    const expected = [0, 1].map((sample) => {
      const places = Array.from({ length }, (_, p) => sample * length + p);
      const mean = (valueOf: (i: number, c: number) => number, weightOf: (p: number) => number): number => {
        const total = places.reduce((sum, p) => sum + weightOf(p) * [0, 1, 2].reduce((all, c) => all + valueOf(3 * p + c, c), 0), 0);
        return total / (3 * places.reduce((sum, p) => sum + weightOf(p), 0));
      };
      const colour = [0, 1, 2].map((c) => {
        const seen = places.filter((p) => hole[p] === 0);
        return seen.reduce((sum, p) => sum + picture[3 * p + c]!, 0) / seen.length;
      });
      const error = mean((i) => (made[i]! - picture[i]!) ** 2, (p) => hole[p]!);
      const flat = mean((i, c) => (colour[c]! - picture[i]!) ** 2, (p) => hole[p]!);
      const carried = mean((i) => (diffused[i]! - picture[i]!) ** 2, (p) => hole[p]!);
      return {
        loss: mean((i) => (made[i]! - picture[i]!) ** 2, (p) => asked[p]!), explained: 1 - error / flat,
        decibels: 10 * Math.log10(flat / error), overDiffusion: 10 * Math.log10(carried / error),
      };
    });
    const options = inpainting.options.parse({});
    const { terms, metrics } = objective(options, sizesOf(SIDE)).losses({ picture: tf.tensor(made, [3, SIDE, SIDE, 3]) }, batch, netOf({}));
    const read = ({ perSample }: { perSample: tf.Tensor1D }): Float32Array => perSample.dataSync<'float32'>().slice(0, 2);
    t.true(largestError(read(terms['pixels']!), expected.map(({ loss }) => loss)) < 1e-5);
    t.true(largestError(read(metrics['explained']!), expected.map(({ explained }) => explained)) < 1e-5);
    // Both squares have 1e-4 added.
    t.true(largestError(read(metrics['decibels']!), expected.map(({ decibels }) => decibels)) < 1e-3);
    t.true(largestError(read(metrics['overDiffusion']!), expected.map(({ overDiffusion }) => overDiffusion)) < 1e-3);
  });
});

test('with a critic, pictures are asked to fool it and it is asked to tell them, each to its share; it sees what is asked for alone', (t) => {
  // Of some draws every filter of a critic this narrow is dead.
  const random = createRandom({ seed: 4, epoch: 0, sample: 0, purpose: 'test critic' });
  tf.tidy(() => {
    const { batch, made, numbers } = createBatch(random);
    const options = inpainting.options.parse({ adversarial: 0.2, criticWidth: 1 });
    const { convolutions, verdict } = planCritic(1, 3);
    // All convolutions give their shift alone, so that the verdict is its bias plus the last shift times its kernel.
    const named = Object.fromEntries(convolutions.flatMap(({ name, channelsIn, channelsOut }) => [
      [`${name}/kernel`, tf.tensor(normals(random, 9 * channelsIn * channelsOut), [3, 3, channelsIn, channelsOut])],
      [`${name}/scale`, tf.zeros([channelsOut])], [`${name}/shift`, tf.fill([channelsOut], 2)],
    ]));
    named[`${verdict.name}/kernel`] = tf.fill([4, 1], 0.25);
    named[`${verdict.name}/bias`] = tf.tensor1d([-1.5]);
    const logit = 4 * 0.25 * 2 - 1.5;
    const lossesWith = (values: Float32Array, arrays: Record<string, tf.Tensor>) =>
      objective(options, sizesOf(SIDE)).losses({ picture: tf.tensor(values, [3, SIDE, SIDE, 3]) }, batch, netOf(arrays));
    const { terms, metrics } = lossesWith(made, named);
    const read = ({ perSample }: { perSample: tf.Tensor1D }): number => perSample.dataSync<'float32'>()[0]!;
    t.true(Math.abs(read(terms['fooling']!) - 0.2 * Math.log(1 + Math.exp(-logit))) < 1e-5);
    t.true(Math.abs(read(terms['critic']!) - (Math.log(1 + Math.exp(logit)) + Math.log(1 + Math.exp(-logit))) / 2) < 1e-5);
    t.is(terms['critic']!.player, 'critic');
    t.is(read(metrics['spotted']!), 0.5);
    const alone = objective(inpainting.options.parse({}), sizesOf(SIDE)).losses({ picture: tf.tensor(made, [3, SIDE, SIDE, 3]) }, batch, netOf({}));
    t.true(Math.abs(read(terms['pixels']!) - 0.8 * read(alone.terms['pixels']!)) < 1e-5);
    // A critic that looks: pixels that are not asked for change nothing.
    const looking = Object.fromEntries(Object.entries(named).map(([name, each]) => [name, name.endsWith('scale') ? tf.onesLike(each) : each]));
    const changed = made.map((value, i) => (numbers.asked[Math.floor(i / 3)] === 0 ? -value : value));
    const [before, after] = [lossesWith(made, looking), lossesWith(changed, looking)];
    t.is(read(after.terms['critic']!), read(before.terms['critic']!));
    t.not(read(lossesWith(made.map((value) => -value), looking).terms['critic']!), read(before.terms['critic']!));
  });
});
