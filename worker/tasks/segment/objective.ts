// Which class each pixel is of: the head, the loss and what is measured. Shape letters: B samples, P pixels, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { applyPyramid } from '../../heads/pyramid.js';
import { crossEntropyOf } from '../../losses/cross-entropy.js';
import { weighClasses } from '../labels/class-weights.js';
import { smooth } from '../labels/smooth.js';
import type { ObjectiveFactory } from '../objective.js';
import type { SegmentOptions } from './puzzle.js';

/**
 * Intersection over union of the classes that a sample has or was said to have, averaged over them, [B]; without a known pixel 0. `isKnownBP1` is 1 where a
 * pixel counts.
 */
export function overlapOf(saidBPK: Tensor3D, rightBPK: Tensor3D, isKnownBP1: Tensor3D): Tensor1D {
  const [said, right] = [tf.mul(saidBPK, isKnownBP1), tf.mul(rightBPK, isKnownBP1)];
  const bothBK = tf.sum<Tensor2D>(tf.mul(said, right), 1);
  const unionBK: Tensor2D = tf.sub(tf.add(tf.sum(said, 1), tf.sum(right, 1)), bothBK);
  const isThereBK: Tensor2D = tf.minimum(unionBK, 1);
  return tf.div(tf.sum(tf.div(bothBK, tf.maximum(unionBK, 1)), 1), tf.maximum(tf.sum(isThereBK, 1), 1));
}

export const segment: ObjectiveFactory<SegmentOptions> = ({ width, smoothing, classWeights }, sizes) => {
  const { side, classes = [], labelled = 1 } = sizes;
  const [numPixels, numClasses] = [side * side, classes.length];
  const each = weighClasses(classWeights, sizes);
  return {
    predict: ({ tensors }, net) => ({
      mask: applyPyramid(net.encode(tensors['picture'] as Tensor4D), { width, side, numOutputs: numClasses }, net.named()),
    }),
    losses(predictions, { numSamples, tensors, weights }) {
      const logits = tf.reshape<tf.Rank.R2>(predictions['mask']!, [numSamples * numPixels, numClasses]);
      const numbers = tf.reshape<tf.Rank.R1>(tensors['mask']!, [numSamples * numPixels]);
      const used = tf.tensor1d(weights);
      const isKnownBP: Tensor2D = tf.mul(tf.reshape(tf.cast(tf.greaterEqual(numbers, 0), 'float32'), [numSamples, numPixels]), tf.expandDims(used, 1));
      const right = tf.oneHot(tf.cast(tf.maximum(numbers, 0), 'int32'), numClasses, 1, 0, 'float32') as Tensor2D;
      const counted: Tensor2D = each ? tf.mul(right, tf.tensor1d([...each])) : right;
      const wanted = smooth(counted, smoothing);
      const count = tf.sum<Tensor1D>(isKnownBP, 1);
      const overKnown = (perPixel: Tensor1D): Tensor1D => tf.div(tf.sum(tf.mul(tf.reshape(perPixel, [numSamples, numPixels]), isKnownBP), 1), tf.maximum(count, 1));
      const guesses = tf.cast<Tensor1D>(tf.argMax<Tensor1D>(logits, 1), 'int32');
      const byPixel = (rows: Tensor2D): Tensor3D => tf.reshape<tf.Rank.R3>(rows, [numSamples, numPixels, numClasses]);
      const said = tf.oneHot(guesses, numClasses, 1, 0, 'float32') as Tensor2D;
      const isRight = tf.cast<Tensor1D>(tf.equal(guesses, tf.cast(numbers, 'int32')), 'float32');
      return {
        terms: { crossEntropy: { perSample: tf.div<Tensor1D>(overKnown(crossEntropyOf(logits, wanted)), labelled) } },
        metrics: {
          sampleIou: { perSample: overlapOf(byPixel(said), byPixel(right), tf.expandDims<Tensor3D>(isKnownBP, 2)), weight: tf.minimum(count, 1) },
          // A picture counts by its known pixels, so that the mean is that of all pixels.
          pixelAccuracy: { perSample: overKnown(isRight), weight: tf.div(count, numPixels) },
        },
      };
    },
  };
};
