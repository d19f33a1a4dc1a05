// The options of AdamW; adamw.ts updates.

import { z } from 'zod';
import type { OptimizerShape } from '../optimizer.js';

const options = z.strictObject({
  beta1: z.number().min(0).lt(1).default(0.9).describe('Share of the mean gradient that is kept each step, 0..1; one-cycle overrides it.'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('Share of the mean squared gradient that is kept each step, 0..1.'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of the mean square, in units of the gradient.'),
  weightDecay: z.number().min(0).default(0.01).describe('Times learning rate and parameter, taken off it; not on biases and normalisation.'),
});

export type AdamwOptions = z.output<typeof options>;

/** `mean` and `square` are the paper's m and v, uncorrected. */
export const adamw: OptimizerShape<AdamwOptions> = { options, slots: ['mean', 'square'] };
