// Momentum contrast (He, Fan, Wu, Xie, Girshick 2020, "Momentum Contrast for Unsupervised Visual Representation Learning"; version 2:
// Chen, Fan, Girshick, He 2020): two views of a picture must be nearer to each other than to views of other pictures. The second
// view goes through a teacher that follows the network, and a queue holds what the teacher made of earlier pictures.
// A queue may be of any length: one shorter than a step's samples keeps the last rows of the step, one that is no multiple of them
// drops the oldest rows, whichever step they came with. Both are fewer negatives and nothing worse, so neither is refused.

import { z } from 'zod';
import { guard } from '../../augment/guard.js';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { viewGuards } from '../../augment/views.js';
import { projectionState } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { teachersOf } from '../../models/teacher-state.js';
import type { TaskInfo } from '../task.js';

const momentum = z.strictObject({
  start: z.number().min(0).max(1).default(0.99).describe('Share of itself that the teacher keeps at the first step.'),
  end: z.number().min(0).max(1).default(0.999).describe('The same at the last step; half a cosine leads from one to the other.'),
});

const options = z.strictObject({
  queue: z.int().min(1).max(1_048_576).default(4096).describe('Rows of earlier pictures that each query is told from. Keep it below the number of pictures, or a picture\'s own old rows are among them.'),
  temperature: z.number().min(0.01).max(10).default(0.2).describe('What similarities are divided by: smaller looks at the nearest rows more. 0.07 in version 1.'),
  momentum: momentum.prefault({}).describe('How slowly the teacher follows; 0.999 throughout in the paper, whose runs are long.'),
  head: z.enum(['mlp', 'linear']).default('mlp').describe('What makes a row of the trunk\'s averaged features. mlp: with a hidden layer, as in version 2. linear: as in version 1.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of the hidden layer of mlp.'),
  dims: z.int().min(2).max(4096).default(128).describe('Numbers of a row.'),
  ...pairOptions,
  guards: viewGuards.extend({
    statistics: guard('With batch norm, let the teacher take its running statistics, so that those of the microbatch do not give away which pictures it held.'),
  }).prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type MocoOptions = z.output<typeof options>;

/** Name of the queue in the state, and of what goes into it. */
export const QUEUE = 'queue';

export const moco: TaskInfo<MocoOptions> = {
  options,
  paper: 'He, Fan, Wu, Xie, Girshick 2020; Chen, Fan, Girshick, He 2020',
  media: 'image',
  bind: ({ queue, momentum, ...options }, sizes) => ({
    ...bindPair(options, sizes, ['query', 'key']),
    terms: ['infoNce'],
    chanceLosses: { infoNce: Math.log(queue + 1) },
    metrics: {
      found: { better: 'higher', ceiling: 1 },
      spread: { better: 'higher' },
      ...embeddingMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }),
    },

    state(trunk) {
      const projection = projectionState(options, trunk);
      return [
        ...projection,
        ...teachersOf([...trunk.state, ...projection], momentum),
        { kind: 'queue', name: QUEUE, shape: [queue, options.dims], rowsPerSample: 1, init: { kind: 'unitRows' } },
      ];
    },
  }),
};
