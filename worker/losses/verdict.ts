// What is lost by saying of one thing whether it is real.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Cross-entropy of logits of being real, in nats, against what is so; finite for any logit. Owns nothing. */
export const judge = <T extends Tensor>(logits: T, isReal: boolean): T => tf.softplus(isReal ? tf.neg(logits) : logits);
