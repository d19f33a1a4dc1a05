// SimSiam (Chen, He 2021, "Exploring Simple Siamese Representation Learning"): from a view's row a predictor guesses the other view's row,
// through which no gradient flows. No negatives, no queue and no teacher; what keeps rows from collapsing is the stopped gradient.

import { z } from 'zod';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { predictorState } from '../../heads/predictor-state.js';
import { projectionState, rowNorm, type ProjectionOptions } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { throwOnLoneSample, type TaskInfo } from '../task.js';

const options = z.strictObject({
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of each of the two hidden layers of the head; 2048 in the paper.'),
  dims: z.int().min(2).max(8192).default(512).describe('Numbers of a row; 2048 in the paper.'),
  predictorHidden: z.int().min(1).max(8192).default(128).describe('Numbers of the hidden layer of the predictor: a quarter of a row, as in the paper.'),
  norm: rowNorm,
  ...pairOptions,
});

export type SimsiamOptions = z.output<typeof options>;

export const headOf = ({ hidden, dims, norm }: SimsiamOptions): ProjectionOptions => ({ head: 'mlp', hiddenLayers: 2, hidden, dims, norm, normaliseRows: norm === 'microbatch' });

export const simsiam: TaskInfo<SimsiamOptions> = {
  options,
  paper: 'Chen, He 2021',
  media: 'image',
  bind(options, sizes) {
    if (options.norm === 'microbatch') throwOnLoneSample('simsiam', sizes, 'normalises over the samples of a microbatch');
    return {
      ...bindPair(options, sizes, ['one', 'other']),
      terms: ['distance'],
      chanceLosses: { distance: 1 },
      metrics: embeddingMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }),
      state: (trunk) => [...projectionState(headOf(options), trunk), ...predictorState(options)],
    };
  },
};
