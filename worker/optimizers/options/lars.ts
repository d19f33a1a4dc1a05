// The options of LARS; lars.ts updates.

import { z } from 'zod';
import type { OptimizerShape } from '../optimizer.js';

const options = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last velocity that is kept, 0..1; one-cycle overrides it.'),
  trust: z.number().positive().default(1e-3).describe('Length of a step relative to the parameter\'s norm (eta in the paper).'),
  weightDecay: z.number().min(0).default(1e-4).describe('Times the parameter, added to its gradient; not on biases and normalisation.'),
});

export type LarsOptions = z.output<typeof options>;

export const lars: OptimizerShape<LarsOptions> = { options, slots: ['velocity'] };
