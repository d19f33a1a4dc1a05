// LeJEPA (Balestriero, LeCun 2025, "LeJEPA: Provable and Scalable Self-Supervised Learning Without the Heuristics"): the rows of several crops
// of a picture lie near their middle, and the rows of a microbatch are distributed as a standard normal. No queue, no teacher, no
// predictor, one weight.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { bindCrops, cropOptions } from '../../augment/crops.js';
import { projectionState, rowNorm, type ProjectionOptions } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { SIGREG_OF_ZEROS } from '../../losses/sigreg-knots.js';
import { throwOnLoneSample, type TaskInfo } from '../task.js';

const options = z.strictObject({
  weight: z.number().min(0).max(1).default(0.05).describe('Weight of the distribution of rows; what is left of 1 is that of the distance between crops. 0 lets rows collapse.'),
  directions: z.int().min(1).max(4096).default(128).describe('Random directions along which rows of a microbatch are compared with a normal distribution, drawn anew for each; 256 in the paper.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of each of the two hidden layers of the head; 2048 in the paper.'),
  dims: z.int().min(2).max(4096).default(64).describe('Numbers of a row.'),
  norm: rowNorm,
  ...cropOptions,
});

export type LejepaOptions = z.output<typeof options>;

export const headOf = ({ hidden, dims, norm }: LejepaOptions): ProjectionOptions => ({ head: 'mlp', hiddenLayers: 2, hidden, dims, norm });

export const lejepa: TaskInfo<LejepaOptions> = {
  options,
  paper: 'Balestriero, LeCun 2025',
  media: 'image',
  bind(options, sizes) {
    throwOnLoneSample('lejepa', sizes, 'looks at how the rows of a microbatch are distributed');
    const { crops: { global, local }, weight, dims } = options;
    if (global + local < 2) {
      throw new PretextError('BAD_RECIPE', `task.options.crops: "lejepa" compares crops: expected 2 or more altogether, given ${global + local}.`);
    }
    return {
      ...bindCrops(options, sizes),
      terms: ['invariance', 'sigreg'],
      // Of rows of zeros.
      ...(weight > 0 && { chanceLosses: { invariance: 0, sigreg: weight * sizes.microbatchSize * SIGREG_OF_ZEROS } }),
      metrics: embeddingMetrics({ dims, numSamples: sizes.microbatchSize }),
      state: (trunk) => projectionState(headOf(options), trunk),
    };
  },
};
