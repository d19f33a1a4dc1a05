// VICReg (Bardes, Ponce, LeCun 2022, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning"): two views of a
// picture get like rows, and the rows of a microbatch must go all ways: no negatives, no teacher.

import { z } from 'zod';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { projectionState, rowNorm, type ProjectionOptions } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { throwOnLoneSample, type TaskInfo } from '../task.js';

const weight = (value: number, what: string): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(1e4).default(value).describe(what);

const options = z.strictObject({
  invariance: weight(25, 'Weight of the squared difference of the rows of two views.'),
  variance: weight(25, 'Weight of how far the deviation of each number falls short of 1 over a microbatch. 0 lets rows collapse.'),
  covariance: weight(1, 'Weight of the squared covariances of different numbers over a microbatch.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of each of the two hidden layers of the head; 8192 in the paper.'),
  dims: z.int().min(2).max(8192).default(256).describe('Numbers of a row; 8192 in the paper, whose microbatches are large too.'),
  norm: rowNorm,
  ...pairOptions,
});

export type VicregOptions = z.output<typeof options>;

export const headOf = ({ hidden, dims, norm }: VicregOptions): ProjectionOptions => ({ head: 'mlp', hiddenLayers: 2, hidden, dims, norm });

export const vicreg: TaskInfo<VicregOptions> = {
  options,
  paper: 'Bardes, Ponce, LeCun 2022',
  media: 'image',
  bind(options, sizes) {
    throwOnLoneSample('vicreg', sizes, 'compares the samples of a microbatch');
    return {
      ...bindPair(options, sizes, ['one', 'other']),
      terms: ['invariance', 'variance', 'covariance'],
      // Of rows that are all alike.
      ...(options.variance > 0 && { chanceLosses: { invariance: 0, variance: options.variance, covariance: 0 } }),
      metrics: embeddingMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }),
      state: (trunk) => projectionState(headOf(options), trunk),
    };
  },
};
