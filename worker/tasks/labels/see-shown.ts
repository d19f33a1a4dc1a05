// What a trunk makes of shown pictures, for tasks that learn from labels. Shape letters: B samples, F shown frames, C channels of the last stage.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { blend, drawMix, type Mix } from '../../losses/mixup.js';
import type { Batch, Net } from '../objective.js';
import type { DataSizes } from '../task.js';

export interface Showing extends Pick<DataSizes, 'side' | 'pixels'> {
  /** Of a sample. */
  readonly frames: number;
  /** 0 where samples are not blended. */
  readonly mixup: number;
}

export interface Seen {
  /** Averaged over places and frames, [B, C]. */
  readonly featuresBC: Tensor2D;
  /** How samples were blended, where they were: the losses blend what is wanted likewise. */
  readonly mix: Mix | undefined;
}

/** Blends samples with labels while training, where that is asked for. */
export function seeShown(batch: Batch, net: Net, isLabelled: readonly boolean[], { frames, mixup, side, pixels: { channels } }: Showing): Seen {
  const mix = mixup > 0 && net.isTraining ? drawMix(net.random, isLabelled, mixup) : undefined;
  const pictures = batch.tensors['picture']!;
  const maps = net.encode(tf.reshape<tf.Rank.R4>(mix ? blend(pictures, mix) : pictures, [-1, side, side, channels])).at(-1)!;
  const ofFramesBFC = tf.reshape<tf.Rank.R3>(tf.mean(maps, [1, 2]), [-1, frames, maps.shape[3]]);
  return { featuresBC: tf.mean<Tensor2D>(ofFramesBFC, 1), mix };
}
