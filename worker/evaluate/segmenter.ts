// What a network that has learnt classes of pixels says of pictures. Shape letters: P pixels, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Learning } from '../../shared/recipe/tasks.js';
import type { TrainerParts } from '../compute/build-parts.js';
import { countChannels, type Frames } from '../decode/frames.js';
import type { Size } from '../decode/limits.js';
import type { Media } from '../decode/media.js';
import { openLearntTask } from './learnt-task.js';
import { paintSquare, planSquares, type Square } from './windows.js';

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
  /** Of a whole picture, brought to a size, the class of each pixel, [height, width]; undefined where it shows nothing. */
  segment(frames: Frames, size: Size): Promise<Uint8Array | undefined>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Undefined where no classes of pixels were learnt. Copies the values, [valuesLength]; dispose it. */
export function createSegmenter(learning: Learning, parts: TrainerParts, values: Float32Array): Segmenter | undefined {
  const learnt = openLearntTask('segment', learning, parts, values);
  const { side, classes = [] } = parts.sizes;
  const numClasses = classes.length;

  async function read(compute: () => tf.Tensor): Promise<Float32Array | Int32Array | Uint8Array> {
    const tensor = tf.tidy(compute);
    const data = await tensor.data();
    tensor.dispose();
    return data;
  }

  return learnt && {
    classes,
    async tell(media) {
      const drawn = learnt.draw(media);
      if (!drawn) return undefined;
      const told = Int32Array.from(await read(() => tf.argMax(tf.reshape(learnt.predict(drawn)['mask']!, [-1, numClasses]), 1)));
      return { mask: drawn.arrays['mask'] as Int32Array, told };
    },
    async segment(frames, { width, height }) {
      const numbersHW = new Uint8Array(height * width);
      for (const [square, place] of planSquares(frames).entries()) {
        const drawn = learnt.draw({ frames: cut(frames, place), item: 0 });
        if (!drawn) return undefined;
        const probabilitiesSSK = Float32Array.from(await read(() => tf.exp(tf.logSoftmax(tf.reshape(learnt.predict(drawn)['mask']!, [-1, numClasses])))));
        paintSquare({ numbersHW, width, height }, { probabilitiesSSK, side, numClasses, square }, frames);
      }
      return numbersHW;
    },
    dispose: () => { learnt.dispose(); },
  };
}

/** A square of the first frame. */
function cut(frames: Frames, { x, y, length }: Square): Frames {
  const rowBytes = length * countChannels(frames);
  const dataNHWC = new Uint8Array(length * rowBytes);
  for (let row = 0; row < length; row++) {
    const from = ((y + row) * frames.width + x) * countChannels(frames);
    dataNHWC.set(frames.dataNHWC.subarray(from, from + rowBytes), row * rowBytes);
  }
  return { dataNHWC, numFrames: 1, height: length, width: length };
}
