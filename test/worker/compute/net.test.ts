// The network while a microbatch goes through it: whose weights, whose statistics, which dropout.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { backends } from '../../../worker/backends/index.js';
import { createNet, type NetOptions, type SeeingNet } from '../../../worker/compute/net.js';
import type { NamedTensors } from '../../../worker/models/model.js';
import { freshRandom, largestError, normals } from '../../helpers/numerics.js';
import { wholeModel } from '../../helpers/whole.js';

const SIDE = 8;
const model = wholeModel('convnet');
const modelOptions = model.options.parse({ width: 3, stages: 2, norm: 'batch' });
const KEY = { seed: 1, step: 2, microbatch: 3 };

test.before(async () => {
  await backends.simd.start();
});

/** Values of the trunk as `seed` gives them. */
function valuesOf(seed: number): Record<string, tf.Tensor> {
  const layout = createLayout(model.state(modelOptions));
  const flat = initValues(layout, seed);
  return Object.fromEntries(layout.entries.map(({ name, shape, offset, length }) => [name, tf.tensor(flat.slice(offset, offset + length), [...shape])]));
}

function netOf(values: NamedTensors, training?: NetOptions['training']): SeeingNet {
  return createNet({ model, modelOptions, values, ...(training && { training }) });
}

function createImages(): tf.Tensor4D {
  return tf.tensor4d(normals(freshRandom().random, 4 * SIDE * SIDE * 3), [4, SIDE, SIDE, 3]);
}

const lastOf = (maps: readonly tf.Tensor[]): Float32Array => maps.at(-1)!.dataSync<'float32'>();

test('the teacher\'s weights are those of the arrays that follow, under the names of what they follow', (t) => {
  tf.tidy(() => {
    const [student, teacher] = [valuesOf(1), valuesOf(2)];
    const followers = Object.fromEntries(Object.entries(teacher).map(([name, value]) => [`teacher/${name}`, value]));
    const net = netOf({ ...student, ...followers });
    const images = createImages();
    t.deepEqual(lastOf(net.encode(images, { weights: 'teacher' })), lastOf(netOf(teacher).encode(images)));
    t.deepEqual(lastOf(net.encode(images)), lastOf(netOf(student).encode(images)));
    t.deepEqual(Object.keys(net.named('teacher')), Object.keys(teacher));
    t.is(net.named('teacher')['trunk/stage1/conv1/kernel'], teacher['trunk/stage1/conv1/kernel']);
    t.is(net.named()['trunk/stage1/conv1/kernel'], student['trunk/stage1/conv1/kernel']);
  });
});

test('statistics are those of the student, averaged over the times that the trunk is applied', (t) => {
  tf.tidy(() => {
    const values = valuesOf(1);
    const followers = Object.fromEntries(Object.entries(values).map(([name, value]) => [`teacher/${name}`, value]));
    const [first, second, third] = [createImages(), createImages(), createImages()];
    const net = netOf({ ...values, ...followers }, KEY);
    t.deepEqual(net.statistics(), {});
    net.encode(third, { statistics: 'running' });
    net.encode(first);
    net.encode(second);
    net.encode(third, { weights: 'teacher' });
    const seenAlone = [first, second].map((images) => {
      const alone = netOf(values, KEY);
      alone.encode(images);
      return alone.statistics();
    });
    const statistics = net.statistics();
    t.is(Object.keys(statistics).length, 4);
    for (const [name, value] of Object.entries(statistics)) {
      const [a, b] = seenAlone.map((each) => each[name]!.dataSync<'float32'>()) as [Float32Array, Float32Array];
      t.true(largestError(value.dataSync<'float32'>(), a.map((each, i) => (each + b[i]!) / 2)) < 1e-6, name);
    }
  });
});

test('where normalisation is frozen, training sees what evaluating sees, and records no statistics of it', (t) => {
  tf.tidy(() => {
    const values = valuesOf(1);
    const images = createImages();
    const options = { model, modelOptions, values, training: KEY };
    const all = createNet({ ...options, frozen: new Set(Object.keys(values)) });
    t.deepEqual(lastOf(all.encode(images)), lastOf(netOf(values).encode(images)));
    t.deepEqual(all.statistics(), {});
    const first = createNet({ ...options, frozen: new Set(['trunk/stage1/conv1/mean', 'trunk/stage1/conv1/variance']) });
    first.encode(images);
    t.deepEqual(Object.keys(first.statistics()), ['trunk/stage2/conv1/mean', 'trunk/stage2/conv1/variance']);
  });
});

test('evaluating records no statistics and drops nothing', (t) => {
  tf.tidy(() => {
    const net = netOf(valuesOf(1));
    net.encode(createImages());
    t.deepEqual(net.statistics(), {});
    const inputs = tf.ones([50]);
    t.is(net.dropout(inputs, 0.9), inputs);
  });
});

test('dropout depends on seed, step and microbatch alone, and keeps the mean', (t) => {
  const NUM = 20_000;
  const maskOf = (key: typeof KEY, times = 1): Float32Array => tf.tidy(() => {
    const net = netOf({}, key);
    let mask = net.dropout(tf.ones([NUM]), 0.3);
    for (let i = 1; i < times; i++) mask = net.dropout(tf.ones([NUM]), 0.3);
    return mask.dataSync<'float32'>();
  });
  const mask = maskOf(KEY);
  t.deepEqual(maskOf(KEY), mask);
  t.deepEqual(maskOf(KEY, 2), maskOf(KEY, 2));
  for (const other of [maskOf({ ...KEY, seed: 2 }), maskOf({ ...KEY, step: 3 }), maskOf({ ...KEY, microbatch: 4 }), maskOf(KEY, 2)]) t.notDeepEqual(other, mask);
  t.deepEqual([...new Set(mask)].sort(), [0, Math.fround(1 / 0.7)]);
  // Four binomial deviations; the key is fixed.
  const share = mask.filter((value) => value === 0).length / NUM;
  t.true(Math.abs(share - 0.3) < 4 * Math.sqrt((0.3 * 0.7) / NUM), `${share}`);
});
