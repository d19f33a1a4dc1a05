// Mixup (Zhang, Cisse, Dauphin, Lopez-Paz 2018, "mixup: Beyond Empirical Risk Minimization"): a sample is blended with another one of its
// microbatch, and so is what is wanted of it. Shape letters: B samples.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Random } from '../../shared/random/random.js';
import { naturalExp } from '../augment/ops/exponential.js';
import { naturalLog } from '../augment/ops/logarithm.js';
import type { NamedTensors } from '../models/model.js';

/** By sample: the other one, and the share of its own, 1/2 or more. */
export interface Mix {
  readonly partner: Tensor1D;
  readonly own: Tensor1D;
}

/**
 * The larger one of x and 1 - x, where x is of the distribution Beta(a, a), a in 0..1: two numbers u and v to the power of 1/a, of which the share of the first
 * counts where their sum is at most 1 (Jöhnk 1964). At least one try in two succeeds. In logarithms, for powers of small numbers vanish.
 */
export function drawShare(random: Random, a: number): number {
  for (;;) {
    const [x, y] = [naturalLog(1 - random.float()) / a, naturalLog(1 - random.float()) / a];
    const [most, least] = [Math.max(x, y), Math.min(x, y)];
    const ratio = 1 + naturalExp(Math.max(least - most, -700));
    if (most + naturalLog(ratio) <= 0) return 1 / ratio;
  }
}

/** What `drawMix` gave, where it is among a task's predictions. */
export const mixOf = ({ partner, own }: NamedTensors): Mix | undefined => (partner && own ? { partner: partner as Tensor1D, own: own as Tensor1D } : undefined);

/** Who is blended with whom, among the samples that `isUsed` names; the others stay as they are. */
export function drawMix(random: Random, isUsed: readonly boolean[], a: number): Mix {
  const used = isUsed.flatMap((each, sample) => (each ? [sample] : []));
  const order = random.permutation(used.length);
  const partner = Int32Array.from(isUsed, (_used, sample) => sample);
  const own = new Float32Array(isUsed.length).fill(1);
  used.forEach((sample, place) => {
    partner[sample] = used[order[place]!]!;
    own[sample] = drawShare(random, a);
  });
  return { partner: tf.tensor1d(partner, 'int32'), own: tf.tensor1d(own) };
}

/** Blends what there is of each sample, [B, ...]. Owns nothing. */
export function blend<T extends Tensor>(values: T, { partner, own }: Mix): T {
  const rows = tf.reshape(values, [values.shape[0], -1]);
  const share = tf.reshape(own, [-1, 1]);
  const blended: Tensor = tf.reshape(tf.add(tf.mul(rows, share), tf.mul(tf.gather(rows, partner), tf.sub(1, share))), [...values.shape]);
  return blended as T;
}
