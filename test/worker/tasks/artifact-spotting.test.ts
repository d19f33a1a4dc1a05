// Spotting artifacts: the damage, what the repair may touch, what counts as real, and the losses of both players by independent computations.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import type { Random } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { createNet } from '../../../worker/compute/net.js';
import { artifactSpotting as objective } from '../../../worker/tasks/artifact-spotting/objective.js';
import { artifactSpotting } from '../../../worker/tasks/artifact-spotting/puzzle.js';
import { damage, drawMask, maskAt, mendWith } from '../../../worker/tasks/artifact-spotting/repair.js';
import { planRepair } from '../../../worker/tasks/artifact-spotting/repair-state.js';
import { planDecoder } from '../../../worker/heads/decoder-state.js';
import type { NamedTensors } from '../../../worker/models/model.js';
import type { Batch } from '../../../worker/tasks/objective.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { sizesOf } from '../../helpers/puzzles.js';
import { partsOf } from '../../helpers/recipes.js';

const test = anyTest.serial as TestFn;
const SIDE = 16;
const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });

test.before(async () => {
  await backends.simd.start();
});

test('as many cells are kept as the option says, and a mask at another side is that of the nearest cells', (t) => {
  const { kept } = drawMask(streamOf(1), 100, 5, 0.3);
  t.true(Math.abs(kept.reduce((a, b) => a + b) / kept.length - 0.3) < 0.04);
  tf.tidy(() => {
    const mask = { side: 2, kept: Float32Array.of(1, 0, 0, 1, 0, 1, 1, 1) };
    t.deepEqual([...maskAt(mask, 4).dataSync()], [
      1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ]);
    t.deepEqual(maskAt(mask, 3).shape, [2, 3, 3, 1]);
  });
});

test('a damaged cell becomes the mean of its neighbourhood, of those cells alone that are there', (t) => {
  tf.tidy(() => {
    const features = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const damaged = damage(features, { side: 3, kept: Float32Array.of(0, 1, 1, 1, 0, 1, 1, 1, 0) }).dataSync<'float32'>();
    t.true(largestError(damaged, [3, 2, 3, 4, 5, 6, 7, 8, 7]) < 1e-6);
  });
});

test('the repair changes damaged places alone', (t) => {
  tf.tidy(() => {
    const { random } = freshRandom();
    const layers = planRepair(planDecoder({ decoderWidth: 2, side: 8, channels: 3, code: 0 }, { channels: 4, side: 4 }));
    const named = Object.fromEntries(layers.flatMap(({ look, mend }) => [
      [`${look.name}/kernel`, tf.tensor(normals(random, 9 * look.channelsIn * look.channelsOut), [3, 3, look.channelsIn, look.channelsOut])],
      [`${look.name}/scale`, tf.ones([look.channelsOut])], [`${look.name}/shift`, tf.ones([look.channelsOut])],
      [`${mend.name}/kernel`, tf.tensor(normals(random, 9 * mend.channelsIn * mend.channelsOut), [3, 3, mend.channelsIn, mend.channelsOut])],
      [`${mend.name}/bias`, tf.ones([mend.channelsOut])],
    ]));
    const channels = layers[0]!.mend.channelsOut;
    const map = tf.tensor4d(normals(random, 16 * channels), [1, 4, 4, channels]);
    const mask = drawMask(random, 1, 4, 0.5);
    const [before, after] = [map.dataSync(), mendWith(layers, mask, named)(map, 0).dataSync()];
    before.forEach((value, i) => t.is(after[i] === value, mask.kept[Math.floor(i / channels)] === 1, String(i)));
  });
});

interface Bench {
  readonly named: NamedTensors;
  /** What `predict` gives on the same pictures. */
  predict(given: object): NamedTensors;
}

/** A small network on pictures of noise, its encoder and decoder as they come. */
function createBench(random: Random): Bench {
  const recipeOf = (given: object) => partsOf({
    data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE }, task: { name: 'artifact-spotting', options: { decoderWidth: 4, hidden: 8, ...given } },
    model: { name: 'convnet', options: { width: 4, stages: 2 } },
  });
  const { layout } = recipeOf({});
  const named = Object.fromEntries(layout.entries.map(({ name, shape, length }) => [name, tf.tensor(normals(random, length).map((value) => value / 2), [...shape])]));
  const pictures = tf.tensor4d(normals(random, 2 * SIDE * SIDE * 3), [2, SIDE, SIDE, 3]);
  return {
    named,
    predict(given) {
      const parts = recipeOf(given);
      const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: named });
      const batch = { numSamples: 2, arrays: {}, weights: Float32Array.of(1, 1), tensors: { picture: pictures } };
      return parts.objective.predict(batch, net);
    },
  };
}

test('without damage the mended picture is the whole one: what counts as real went through the same autoencoder, unless the guard is off', (t) => {
  tf.tidy(() => {
    const { random } = freshRandom();
    const { predict } = createBench(random);
    const guarded = predict({ kept: 1 });
    t.deepEqual(guarded['mended']!.dataSync(), guarded['whole']!.dataSync());
    const logits = guarded['isWhole']!.dataSync();
    t.deepEqual(logits.slice(0, 2), logits.slice(2));
    const open = predict({ kept: 1, guards: { reconstructed: false } })['isWhole']!.dataSync();
    t.notDeepEqual(open.slice(0, 2), open.slice(2));
    t.deepEqual(open.slice(2), logits.slice(2));
    t.notDeepEqual(predict({})['mended']!.dataSync(), guarded['mended']!.dataSync());
  });
});

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** What is lost, in float64, by a logit of being real. */
const cost = (logit: number, isReal: boolean): number => Math.log(1 + Math.exp(isReal ? -logit : logit));

/** The logits of being whole of pictures of which the trunk makes these features, in float64. */
function verdictsOf(features: tf.Tensor, named: NamedTensors): number[] {
  const applyLayer = (name: string, inputs: readonly number[]): number[] => {
    const [kernel, bias] = [named[`${name}/kernel`]!.arraySync() as number[][], named[`${name}/bias`]!.dataSync<'float32'>()];
    return kernel[0]!.map((_, out) => inputs.reduce((sum, value, i) => sum + value * kernel[i]![out]!, bias[out]!));
  };
  return (features.arraySync() as number[][][][]).map((map) => {
    const cells = map.flat();
    const hidden = applyLayer('head/hidden', cells[0]!.map((_, channel) => meanOf(cells.map((cell) => cell[channel]!))));
    return applyLayer('head/verdict', hidden.map((value) => Math.max(0, value)))[0]!;
  });
}

test('each player loses what it should, and pairs of a kept and a damaged cell are ranked', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  tf.tidy(() => {
    const options = artifactSpotting.options.parse({ decoderWidth: 4, hidden: 8, maskWeight: 0.5, likeness: 3, dropout: 0 });
    const parts = partsOf({
      data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE }, task: { name: 'artifact-spotting', options },
      model: { name: 'convnet', options: { width: 4, stages: 2 } },
    });
    const { named } = createBench(random);
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: named });
    const length = SIDE * SIDE * 3;
    const [picture, whole, mended] = [normals(random, 2 * length), normals(random, 2 * length), normals(random, 2 * length)];
    const [isWhole, isKept] = [normals(random, 4), normals(random, 4 * 16)];
    // All of the second picture is damaged.
    const kept = Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? i % 2 : 0));
    const near = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) => (i < SIDE * SIDE ? Number(i % 3 === 0) : 0));
    const pictureOf = (values: Float32Array): tf.Tensor => tf.tensor(values, [2, SIDE, SIDE, 3]);
    const batch: Batch = { numSamples: 2, arrays: {}, weights: Float32Array.of(1, 1), tensors: { picture: pictureOf(picture) } };
    const predictions = {
      whole: pictureOf(whole), mended: pictureOf(mended), isWhole: tf.tensor1d(isWhole), isKept: tf.tensor2d(isKept, [4, 16]),
      kept: tf.tensor2d(kept, [2, 16]), near: tf.tensor4d(near, [2, SIDE, SIDE, 1]),
    };
    const { terms, metrics } = objective(options, sizesOf(SIDE)).losses(predictions, batch, net);
    // The repair wants the trunk, as it is, to take its pictures for whole ones.
    const onFixed = verdictsOf(net.encode(pictureOf(mended) as tf.Tensor4D).at(-1)!, named);
    const cells = (row: number): number[] => [...isKept.subarray(16 * row, 16 * row + 16)];
    const expected = [0, 1].map((i) => {
      const isCellKept = (p: number): boolean => kept[16 * i + p] === 1;
      const onMended = meanOf(cells(2 + i).map((logit, p) => cost(logit, isCellKept(p))));
      const pairs = cells(2 + i).flatMap((one, p) => cells(2 + i).flatMap((other, q) => (isCellKept(p) && !isCellKept(q) ? [Number(one > other)] : [])));
      return {
        verdict: (cost(isWhole[i]!, true) + cost(isWhole[2 + i]!, false)) / 2,
        mask: 0.5 * (meanOf(cells(i).map((logit) => cost(logit, true))) + onMended) / 2,
        fooling: cost(onFixed[i]!, true),
        likeness: 3 * meanOf(Array.from({ length }, (_, j) => near[Math.floor((i * length + j) / 3)]! * (mended[i * length + j]! - picture[i * length + j]!) ** 2)),
        accuracy: (Number(isWhole[i]! > 0) + Number(isWhole[2 + i]! <= 0)) / 2,
        ranked: pairs.length > 0 ? meanOf(pairs) : 0,
      };
    });
    const read = ({ perSample }: { perSample: tf.Tensor1D }): Float32Array => perSample.dataSync<'float32'>();
    for (const name of ['verdict', 'mask', 'fooling', 'likeness'] as const) {
      t.true(largestError(read(terms[name]!), expected.map((each) => each[name])) < 1e-5, name);
    }
    t.deepEqual([...read(metrics['accuracy']!)], expected.map(({ accuracy }) => accuracy));
    t.true(largestError(read(metrics['maskRanked']!), expected.map(({ ranked }) => ranked)) < 1e-6);
    t.deepEqual([...metrics['maskRanked']!.weight!.dataSync()], [1, 0]);
    t.deepEqual(Object.entries(terms).filter(([, { player }]) => player === 'repair').map(([name]) => name).sort(), ['fooling', 'likeness']);
  });
});
