// What a network that has learnt classes of pixels says of pictures. Shape letters: P pixels, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Learning } from '../../shared/recipe/tasks.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Media } from '../decode/media.js';
import { openLearntTask } from './learnt-task.js';

/** Of each pixel that is measured the number of its class, below 0 where nobody says, and of the one that it is told to be. */
export interface ToldPixels {
  readonly mask: Int32Array;
  readonly told: Int32Array;
}

export interface Segmenter {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** Of a picture as it is measured: its largest central square; undefined where it shows nothing. */
  tell(media: Media): Promise<ToldPixels | undefined>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Undefined where no classes of pixels were learnt. Copies the values, [valuesLength]; dispose it. */
export function createSegmenter(learning: Learning, parts: TrainerParts, values: Float32Array): Segmenter | undefined {
  const learnt = openLearntTask('segment', learning, parts, values);
  const { classes = [] } = parts.sizes;
  return learnt && {
    classes,
    async tell(media) {
      const drawn = learnt.draw(media);
      if (!drawn) return undefined;
      const guesses = tf.tidy(() => tf.argMax(tf.reshape(learnt.predict(drawn)['mask']!, [-1, classes.length]), 1));
      const told = Int32Array.from(await guesses.data());
      guesses.dispose();
      return { mask: drawn.arrays['mask'] as Int32Array, told };
    },
    dispose: () => { learnt.dispose(); },
  };
}
