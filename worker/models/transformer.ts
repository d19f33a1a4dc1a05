// The forward pass of a block of a transformer. Shape letters: N images, T tokens, C numbers of a token, H heads, D = C / H.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { normaliseGroups } from '../backends/ops.js';
import { applyDense } from './layers.js';
import type { NamedTensors } from './model.js';
import { vectorOf } from './parameters.js';
import { planBlock, TOKEN_EPSILON, type Block, type Gelu } from './transformer-state.js';
import { show } from './watch.js';

/** Each token to mean 0 and variance 1, then scaled and shifted (Ba, Kiros, Hinton 2016). Owns nothing. */
export function layerNorm(name: string, weights: NamedTensors, tokensNTC: Tensor3D): Tensor3D {
  const channels = tokensNTC.shape[2];
  const each = tf.reshape<tf.Rank.R3>(tokensNTC, [-1, 1, channels]);
  const affine = { scaleC: vectorOf(weights, `${name}/scale`), shiftC: vectorOf(weights, `${name}/shift`) };
  const normal = normaliseGroups(each, affine, 1, { epsilon: TOKEN_EPSILON });
  return show(name, weights, tf.reshape(normal, tokensNTC.shape));
}

/** The Gaussian error linear unit (Hendrycks and Gimpel 2016), and x * sigmoid(1.702 x), which stays within 0.02 of it. */
const GELUS: Readonly<Record<Gelu, (inputs: Tensor2D) => Tensor2D>> = {
  quick: (inputs) => tf.mul(inputs, tf.sigmoid(tf.mul(inputs, 1.702))),
  exact: (inputs) => tf.mul(tf.mul(inputs, 0.5), tf.add(tf.erf(tf.mul(inputs, Math.SQRT1_2)), 1)),
};

/** Every token looks at every other one. */
function attend(block: Block, weights: NamedTensors, tokensNTC: Tensor3D): Tensor3D {
  const [images, tokens, channels] = tokensNTC.shape;
  const { heads } = block;
  const { queriesKeysValues, projection } = planBlock(block);
  const mixed = applyDense(queriesKeysValues, weights, tf.reshape(tokensNTC, [images * tokens, channels]));
  const byKind = tf.transpose(tf.reshape(mixed, [images, tokens, 3, heads, channels / heads]), [2, 0, 3, 1, 4]);
  const [queries, keys, values] = tf.split(tf.reshape(byKind, [3 * images * heads, tokens, channels / heads]), 3) as [Tensor3D, Tensor3D, Tensor3D];
  const likeness = tf.matMul(tf.mul(queries, Math.fround(1 / Math.sqrt(channels / heads))), keys, false, true);
  const seen = tf.matMul(tf.softmax(likeness), values);
  const together = tf.transpose(tf.reshape(seen, [images, heads, tokens, channels / heads]), [0, 2, 1, 3]);
  const outputs = applyDense(projection, weights, tf.reshape(together, [images * tokens, channels]));
  return tf.reshape(outputs, tokensNTC.shape);
}

function transform(block: Block, weights: NamedTensors, tokensNTC: Tensor3D): Tensor3D {
  const { expand, contract } = planBlock(block);
  const flat = tf.reshape<tf.Rank.R2>(tokensNTC, [-1, block.width]);
  return tf.reshape(applyDense(contract, weights, GELUS[block.gelu ?? 'quick'](applyDense(expand, weights, flat))), tokensNTC.shape);
}

/** Owns nothing: call inside tf.tidy. */
export function applyBlock(block: Block, weights: NamedTensors, tokensNTC: Tensor3D): Tensor3D {
  const { name } = block;
  const attended = tf.add<Tensor3D>(tokensNTC, attend(block, weights, layerNorm(`${name}/norm1`, weights, tokensNTC)));
  return show(name, weights, tf.add(attended, transform(block, weights, layerNorm(`${name}/norm2`, weights, attended))));
}
