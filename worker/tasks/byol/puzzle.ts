// BYOL (Grill and others 2020, "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning"): from a view's row a predictor guesses
// what a teacher, which follows the network ever more slowly, makes of the other view. No negatives.

import { z } from 'zod';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { predictorState } from '../../heads/predictor-state.js';
import { projectionState, rowNorm, type ProjectionOptions } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { teachersOf } from '../../models/teacher-state.js';
import { throwOnLoneSample, type TaskInfo } from '../task.js';

const momentum = z.strictObject({
  start: z.number().min(0).max(1).default(0.97).describe('Share of itself that the teacher keeps at the first step; 0.996 in the paper, whose runs are long.'),
  end: z.number().min(0).max(1).default(1).describe('The same at the last step; half a cosine leads from one to the other.'),
});

const options = z.strictObject({
  momentum: momentum.prefault({}).describe('How slowly the teacher follows.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of the hidden layer of the head; 4096 in the paper.'),
  dims: z.int().min(2).max(8192).default(128).describe('Numbers of a row; 256 in the paper.'),
  predictorHidden: z.int().min(1).max(8192).default(512).describe('Numbers of the hidden layer of the predictor; 4096 in the paper.'),
  norm: rowNorm,
  ...pairOptions,
});

export type ByolOptions = z.output<typeof options>;

export const headOf = ({ hidden, dims, norm }: ByolOptions): ProjectionOptions => ({ head: 'mlp', hidden, dims, norm });

export const byol: TaskInfo<ByolOptions> = {
  options,
  paper: 'Grill and others 2020',
  media: 'image',
  bind(options, sizes) {
    if (options.norm === 'microbatch') throwOnLoneSample('byol', sizes, 'normalises over the samples of a microbatch');
    return {
      ...bindPair(options, sizes, ['one', 'other']),
      terms: ['distance'],
      chanceLosses: { distance: 1 },
      metrics: embeddingMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }),
      state(trunk) {
        const projection = projectionState(headOf(options), trunk);
        return [...projection, ...predictorState(options), ...teachersOf([...trunk.state, ...projection], options.momentum)];
      },
    };
  },
};
