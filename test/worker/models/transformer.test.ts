// A block of a transformer against its definition in float64, and that it treats tokens as a set.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { backends } from '../../../worker/backends/index.js';
import { applyBlock } from '../../../worker/models/transformer.js';
import { blockState, type Block } from '../../../worker/models/transformer-state.js';
import { freshRandom, largestError, normal, normals } from '../../helpers/numerics.js';

const BLOCK: Block = { name: 'trunk/block', width: 6, heads: 2, ratio: 3 };
const [IMAGES, TOKENS] = [2, 5];

type Rows = readonly (readonly number[])[];
type Values = Readonly<Record<string, Float32Array>>;

test.before(async () => {
  await backends.simd.start();
});

/** Disturbed, so that no bias or shift is zero. */
function createValues(): { readonly values: Values; readonly shapes: Readonly<Record<string, readonly number[]>> } {
  const { random } = freshRandom();
  const layout = createLayout(blockState(BLOCK));
  const flat = initValues(layout, random.uint32()).map((value) => value + 0.2 * normal(random));
  const values = Object.fromEntries(layout.entries.map(({ name, offset, length }) => [name, flat.slice(offset, offset + length)]));
  return { values, shapes: Object.fromEntries(layout.entries.map(({ name, shape }) => [name, shape])) };
}

const add = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));

function dense(name: string, values: Values, rows: Rows): Rows {
  const [kernel, bias] = [values[`${name}/kernel`]!, values[`${name}/bias`]!];
  return rows.map((row) => Array.from(bias, (shift, out) => row.reduce((sum, value, i) => sum + value * kernel[i * bias.length + out]!, shift)));
}

function normalise(name: string, values: Values, rows: Rows): Rows {
  return rows.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-6)) * values[`${name}/scale`]![i]! + values[`${name}/shift`]![i]!);
  });
}

function attend(values: Values, tokens: Rows): Rows {
  const { name, width, heads } = BLOCK;
  const perHead = width / heads;
  const mixed = dense(`${name}/attention/qkv`, values, tokens);
  const part = (row: readonly number[], kind: number, head: number): readonly number[] => row.slice(kind * width + head * perHead, kind * width + (head + 1) * perHead);
  const seen = mixed.map((asking) => Array.from({ length: heads }, (_, head) => {
    const scores = mixed.map((asked) => part(asking, 0, head).reduce((sum, value, i) => sum + value * part(asked, 1, head)[i]!, 0) / Math.sqrt(perHead));
    const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = shares.reduce((a, b) => a + b);
    return Array.from({ length: perHead }, (_, i) => mixed.reduce((sum, row, k) => sum + (shares[k]! / total) * part(row, 2, head)[i]!, 0));
  }).flat());
  return dense(`${name}/attention/projection`, values, seen);
}

function applyInFloat64(values: Values, tokens: Rows): Rows {
  const { name } = BLOCK;
  const attended = add(tokens, attend(values, normalise(`${name}/norm1`, values, tokens)));
  const hidden = dense(`${name}/mlp/expand`, values, normalise(`${name}/norm2`, values, attended)).map((row) => row.map((x) => x / (1 + Math.exp(-1.702 * x))));
  return add(attended, dense(`${name}/mlp/contract`, values, hidden));
}

function createBench() {
  const { values, shapes } = createValues();
  const tokens = normals(freshRandom().random, IMAGES * TOKENS * BLOCK.width);
  const apply = (numbers: Float32Array): Float32Array => tf.tidy(() => {
    const weights = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tf.tensor(value, [...shapes[name]!])]));
    return applyBlock(BLOCK, weights, tf.tensor3d(numbers, [IMAGES, TOKENS, BLOCK.width])).dataSync<'float32'>();
  });
  return { values, tokens, apply };
}

const tokenOf = (numbers: Float32Array, image: number, token: number): Float32Array =>
  numbers.subarray((image * TOKENS + token) * BLOCK.width, (image * TOKENS + token + 1) * BLOCK.width);

test('a block is what its definition computes in float64, image by image', (t) => {
  const { values, tokens, apply } = createBench();
  const actual = apply(tokens);
  const expected = Array.from({ length: IMAGES }, (_, image) =>
    applyInFloat64(values, Array.from({ length: TOKENS }, (__, token) => [...tokenOf(tokens, image, token)]))).flat(2);
  t.true(largestError(actual, expected) < 1e-5, `${largestError(actual, expected)}`);
});

test('the exact unit is that of Gauss, and the quick one stays within 0.02 of it', (t) => {
  const { values } = createValues();
  const width = 6;
  const named: Values = {
    ...values, [`${BLOCK.name}/attention/projection/kernel`]: new Float32Array(width ** 2), [`${BLOCK.name}/attention/projection/bias`]: new Float32Array(width),
    // Of the hidden numbers the first is shown: the shift of the second normalisation.
    [`${BLOCK.name}/norm2/scale`]: new Float32Array(width), [`${BLOCK.name}/norm2/shift`]: Float32Array.of(1.5, -0.7, 0.2, 3, -2, 0),
    [`${BLOCK.name}/mlp/expand/kernel`]: new Float32Array(width * 18).map((_, i) => (Math.floor(i / 18) === i % 18 ? 1 : 0)), [`${BLOCK.name}/mlp/expand/bias`]: new Float32Array(18),
    [`${BLOCK.name}/mlp/contract/kernel`]: new Float32Array(width * 18).map((_, i) => (Math.floor(i / width) === i % width ? 1 : 0)), [`${BLOCK.name}/mlp/contract/bias`]: new Float32Array(width),
  };
  const shapes = Object.fromEntries(createLayout(blockState(BLOCK)).entries.map(({ name, shape }) => [name, shape]));
  const apply = (gelu: 'quick' | 'exact'): Float32Array => tf.tidy(() => {
    const weights = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, tf.tensor(value, [...shapes[name]!])]));
    return applyBlock({ ...BLOCK, gelu }, weights, tf.zeros<tf.Rank.R3>([1, 1, width])).dataSync<'float32'>();
  });
  // x times the share of a normal distribution below x, from tables.
  const expected = Float32Array.of(1.5 * 0.9331928, -0.7 * 0.2419637, 0.2 * 0.5792597, 3 * 0.9986501, -2 * 0.0227501, 0);
  t.true(largestError(apply('exact'), expected) < 1e-6, String(apply('exact')));
  const quick = largestError(apply('quick'), expected);
  t.true(quick > 1e-3 && quick < 0.021, `${quick}`);
});

test('tokens in another order come out in that order', (t) => {
  const { tokens, apply } = createBench();
  const order = [3, 0, 4, 1, 2];
  const permute = (numbers: Float32Array): Float32Array => {
    const permuted = new Float32Array(numbers.length);
    for (let image = 0; image < IMAGES; image++) order.forEach((from, to) => tokenOf(permuted, image, to).set(tokenOf(numbers, image, from)));
    return permuted;
  };
  // Sums over tokens run in another order, so the last bits differ.
  t.true(largestError(apply(permute(tokens)), permute(apply(tokens))) < 1e-5);
});

test('images do not see each other', (t) => {
  const { tokens, apply } = createBench();
  const changed = tokens.map((value, i) => (i < TOKENS * BLOCK.width ? -value : value));
  t.deepEqual(apply(changed).slice(TOKENS * BLOCK.width), apply(tokens).slice(TOKENS * BLOCK.width));
});
