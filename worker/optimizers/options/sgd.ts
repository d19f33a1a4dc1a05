// The options of stochastic gradient descent; sgd.ts updates.

import { z } from 'zod';
import type { OptimizerShape } from '../optimizer.js';

const options = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last velocity that is kept, 0..1; one-cycle overrides it.'),
  nesterov: z.boolean().default(false).describe('Look one velocity ahead (Sutskever et al. 2013).'),
  weightDecay: z.number().min(0).default(5e-4).describe('Times the parameter, added to its gradient; not on biases and normalisation.'),
});

export type SgdOptions = z.output<typeof options>;

export const sgd: OptimizerShape<SgdOptions> = { options, slots: ['velocity'] };
