// SimCLR (Chen, Kornblith, Norouzi, Hinton 2020, "A Simple Framework for Contrastive Learning of Visual Representations"): two views of a
// picture must be nearer to each other than to all other views of the microbatch. No queue and no teacher.

import { z } from 'zod';
import { bindPair, pairOptions } from '../../augment/view-pair.js';
import { projectionState } from '../../heads/projection-state.js';
import { collapseMetrics } from '../../losses/embedding-metrics.js';
import { throwOnLoneSample, type TaskInfo } from '../task.js';

const options = z.strictObject({
  temperature: z.number().min(0.01).max(10).default(0.2).describe('What similarities are divided by: smaller looks at the nearest rows more. 0.1 in the paper, 0.5 on small pictures.'),
  head: z.enum(['mlp', 'linear']).default('mlp').describe('What makes a row of the trunk\'s averaged features. mlp: with a hidden layer, as in the paper.'),
  hidden: z.int().min(1).max(8192).default(512).describe('Numbers of the hidden layer of mlp.'),
  dims: z.int().min(2).max(4096).default(128).describe('Numbers of a row.'),
  ...pairOptions,
});

export type SimclrOptions = z.output<typeof options>;

export const simclr: TaskInfo<SimclrOptions> = {
  options,
  paper: 'Chen, Kornblith, Norouzi, Hinton 2020',
  media: 'image',
  bind(options, sizes) {
    throwOnLoneSample('simclr', sizes, 'tells the samples of a microbatch from each other');
    const numOthers = 2 * sizes.microbatchSize - 1;
    return {
      ...bindPair(options, sizes, ['one', 'other']),
      terms: ['ntXent'],
      chanceLosses: { ntXent: Math.log(numOthers) },
      metrics: { accuracy: { better: 'higher', chance: 1 / numOthers, ceiling: 1 }, ...collapseMetrics({ dims: options.dims, numSamples: sizes.microbatchSize }) },
      state: (trunk) => projectionState(options, trunk),
    };
  },
};
