// Instance discrimination (Wu, Xiong, Yu, Lin 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination"): every
// picture is a class of its own. A bank keeps a row for each, and a view must be nearer to its picture's row than to those of others.
// Of the paper's two losses this is the softmax over a picture's row and the negatives; over the whole bank where that is as small.
// Noise-contrastive estimation gives the same direction, and needs a normalising constant that is guessed from the first batch.

import { z } from 'zod';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { projectionState } from '../../heads/projection-state.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { BANK, countNegatives, throwOnLoneItem } from '../bank.js';
import type { TaskInfo } from '../task.js';

const options = z.strictObject({
  negatives: z.int().min(1).max(1_048_576).default(4096).describe('Rows of other pictures that each view is told from, drawn anew for each microbatch; all others where there are no more.'),
  temperature: z.number().min(0.01).max(10).default(0.07).describe('What similarities are divided by: smaller looks at the nearest rows more.'),
  momentum: z.number().min(0).max(1).default(0.5).describe('Share of its row that a picture keeps when it is seen again; the rest is the view\'s.'),
  head: z.enum(['mlp', 'linear']).default('linear').describe('What makes a row of the trunk\'s averaged features. linear: as in the paper. mlp: with a hidden layer.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of the hidden layer of mlp.'),
  dims: z.int().min(2).max(4096).default(128).describe('Numbers of a row.'),
  ...pairOptions,
});

export type InstanceOptions = z.output<typeof options>;

export const instance: TaskInfo<InstanceOptions> = {
  options,
  paper: 'Wu, Xiong, Yu, Lin 2018',
  media: 'image',
  bind(options, sizes) {
    const { numInstances } = sizes;
    throwOnLoneItem('instance', numInstances);
    return {
      // The second view stands for the row of a picture that has none, because it is not trained on.
      ...bindPair(options, sizes, ['view', 'other']),
      terms: ['infoNce'],
      chanceLosses: { infoNce: Math.log(countNegatives(options, numInstances) + 1) },
      metrics: {
        found: { better: 'higher', ceiling: 1 },
        spread: { better: 'higher' },
        ...embeddingMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }),
      },

      state: (trunk) => [
        ...projectionState(options, trunk),
        { kind: 'bank', name: BANK, shape: [numInstances, options.dims], momentum: options.momentum, init: { kind: 'unitRows' } },
      ],
    };
  },
};
