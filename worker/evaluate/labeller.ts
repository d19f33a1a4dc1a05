// What a network says of items that may have several classes: of each item once, as it is measured. Shape letter: K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Learning } from '../../shared/recipe/tasks.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Media } from '../decode/media.js';
import { openLearntTask } from './learnt-task.js';

export interface Labeller {
  /** In the order of their numbers. */
  readonly classes: readonly string[];
  /** A logit of each class, [K]; undefined where an item shows nothing. */
  label(media: Media): Promise<Float32Array | undefined>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Undefined where no such classes were learnt. Copies the values, [valuesLength]; dispose it. */
export function createLabeller(learning: Learning, parts: TrainerParts, values: Float32Array): Labeller | undefined {
  const learnt = openLearntTask('multi-label', learning, parts, values);
  return learnt && {
    classes: parts.sizes.classes!,
    async label(media) {
      const drawn = learnt.draw(media);
      if (!drawn) return undefined;
      const logits = tf.tidy(() => learnt.predict(drawn)['classes']!);
      const logitsK = await logits.data<'float32'>();
      logits.dispose();
      return logitsK;
    },
    dispose: () => { learnt.dispose(); },
  };
}
