// What a network that has learnt classes says of items. Each is shown as for measuring: the middle of a picture; of a clip several views, each with
// other frames, whose probabilities are averaged. Shape letters: V views, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Learning } from '../../shared/recipe/tasks.js';
import { createArrays } from '../augment/arrays.js';
import { pictureOf } from '../augment/ops/picture.js';
import { toBytes } from '../augment/ops/to-bytes.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Frames } from '../decode/frames.js';
import { copyMiddle, spaceViews } from './features.js';
import { openLearntTask } from './learnt-task.js';

export interface Classifier {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** Probability of each class, [K]; of a clip over about `framesPerItem` evenly spaced frames. */
  classify(frames: Frames, framesPerItem: number): Promise<Float64Array>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Undefined where no classes were learnt. Copies the values, [valuesLength]; dispose it. */
export function createClassifier(learning: Learning, parts: TrainerParts, values: Float32Array): Classifier | undefined {
  const learnt = openLearntTask('classify', learning, parts, values);
  if (!learnt) return undefined;
  const { puzzle } = learnt;
  const { side, classes = [] } = parts.sizes;
  const { shape } = puzzle.arrays['picture']!;
  const framesPerView = shape.length === 4 ? shape[0]! : 1;
  const length = side * side * shape.at(-1)!;

  /** Views of it, frames of each one after another. */
  function show(frames: Frames, numViews: number) {
    const drawn = createArrays(puzzle, numViews);
    const patchHWC = new Float32Array(length);
    spaceViews(frames.numFrames, numViews, framesPerView).forEach((frame, place) => {
      copyMiddle(pictureOf(frames, frame), side, patchHWC);
      toBytes(patchHWC, (drawn.arrays['picture'] as Uint8Array).subarray(place * length, (place + 1) * length));
    });
    drawn.weights.fill(1);
    return drawn;
  }

  return {
    classes,
    async classify(frames, framesPerItem) {
      const numViews = frames.numFrames === 1 ? 1 : Math.ceil(framesPerItem / framesPerView);
      const logits = tf.tidy(() => learnt.predict(show(frames, numViews))['class']!);
      const logitsVK = await logits.data<'float32'>();
      logits.dispose();
      return averageProbabilities(logitsVK, classes.length);
    },
    dispose: () => { learnt.dispose(); },
  };
}

/** Mean over views of the softmax of each, in float64. */
export function averageProbabilities(logitsVK: Float32Array, numClasses: number): Float64Array {
  const mean = new Float64Array(numClasses);
  const numViews = logitsVK.length / numClasses;
  for (let view = 0; view < numViews; view++) {
    const logits = logitsVK.subarray(view * numClasses, (view + 1) * numClasses);
    const highest = Math.max(...logits);
    const powers = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    powers.forEach((power, k) => { mean[k]! += power / sum / numViews; });
  }
  return mean;
}
