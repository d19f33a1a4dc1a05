// PIRL (Misra, van der Maaten 2020, "Self-Supervised Learning of Pretext-Invariant Representations"): a picture whose cells are shuffled, or
// that is turned, must be nearer to its picture's row in a bank than to those of others, and so must the picture itself, whose row moves the
// bank. What other tasks predict (the order, the turn) leaves no trace in the row.
// Of the paper's loss this is the softmax over a picture's row and the negatives, as in instance discrimination.

import { z } from 'zod';
import { localSideOf } from '../../augment/crops.js';
import { explainViews, pairOptions, pickPictures } from '../../augment/view-pair.js';
import { drawView, needsOfViews } from '../../augment/views.js';
import { embeddingMetrics } from '../../losses/embedding-metrics.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { BANK, countNegatives, throwOnLoneItem } from '../bank.js';
import { pictureSpec, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { drawCells, drawTurned, NUM_CELLS } from './draw-transformed.js';

const options = z.strictObject({
  transform: z.enum(['jigsaw', 'rotation']).default('jigsaw').describe('What is done to a picture. jigsaw: nine cells in any order, patches of half of `data.side`. rotation: turned by one to three quarters.'),
  negatives: z.int().min(1).max(1_048_576).default(4096).describe('Rows of other pictures that each is told from, drawn anew for each microbatch; all others where there are no more. 32000 in the paper.'),
  temperature: z.number().min(0.01).max(10).default(0.07).describe('What similarities are divided by: smaller looks at the nearest rows more.'),
  momentum: z.number().min(0).max(1).default(0.5).describe('Share of its row that a picture keeps when it is seen again; the rest is the view\'s.'),
  share: z.number().min(0).max(1).default(0.5).describe('Weight of the transformed picture\'s loss; what is left of 1 is that of the view\'s.'),
  dims: z.int().min(2).max(4096).default(128).describe('Numbers of a row.'),
  ...pairOptions,
});

export type PirlOptions = z.output<typeof options>;

export interface HeadPlan {
  /** Of the view. */
  readonly view: Dense;
  /** Of the turned picture, or of each patch. */
  readonly transformed: Dense;
  /** Of all patches in their order. */
  readonly together: Dense | undefined;
}

/** The layers over so many channels of the trunk. */
export const planHead = ({ transform, dims }: PirlOptions, channels: number): HeadPlan => ({
  view: { name: 'head/view', numInputs: channels, numOutputs: dims },
  transformed: { name: 'head/transformed', numInputs: channels, numOutputs: dims },
  together: transform === 'jigsaw' ? { name: 'head/together', numInputs: NUM_CELLS * dims, numOutputs: dims } : undefined,
});

function bind(options: PirlOptions, sizes: DataSizes): Puzzle {
  const { transform, share, dims, momentum, views, guards, secondsApart } = options;
  const { side, pixels, numInstances, microbatchSize } = sizes;
  throwOnLoneItem('pirl', numInstances);
  const patch = pictureSpec(localSideOf(sizes), pixels);
  const candidates = countNegatives(options, numInstances) + 1;
  return {
    needs: needsOfViews(views, guards),
    arrays: {
      view: pictureSpec(side, pixels),
      transformed: transform === 'jigsaw' ? { ...patch, shape: [NUM_CELLS, ...patch.shape] } : pictureSpec(side, pixels),
    },
    terms: ['view', 'transformed'],
    chanceLosses: { view: (1 - share) * Math.log(candidates), transformed: share * Math.log(candidates) },
    metrics: { found: { better: 'higher', ceiling: 1 }, ...embeddingMetrics({ dims, numSamples: microbatchSize }) },

    state(trunk) {
      const { view, transformed, together } = planHead(options, trunk.channels);
      const layers = [view, transformed, ...(together ? [together] : [])];
      return [...layers.flatMap(denseState), { kind: 'bank', name: BANK, shape: [numInstances, dims], momentum, init: { kind: 'unitRows' } }];
    },

    draw(media, random, out) {
      const [picture, other] = pickPictures(media, random, 2, secondsApart) ?? [];
      if (!picture || !other) return false;
      drawView(picture, random, { side, views, guards }, out['view'] as Uint8Array);
      const bytes = out['transformed'] as Uint8Array;
      if (transform === 'jigsaw') return drawCells(other, random, { side: localSideOf(sizes), views, guards }, bytes);
      drawTurned(other, random, { side, views, guards }, bytes);
      return true;
    },
    explain: () => explainViews({ secondsApart }),
  };
}

export const pirl: TaskInfo<PirlOptions> = { options, paper: 'Misra, van der Maaten 2020', media: 'image', bind };
