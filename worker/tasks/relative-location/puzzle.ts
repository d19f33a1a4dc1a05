// Relative location (Doersch, Gupta, Efros 2015, "Unsupervised Visual Representation Learning by Context Prediction"): the middle one of
// three by three cells and one of its eight neighbours; the class is which neighbour, row by row from the upper left one.

import { z } from 'zod';
import { cutPatches, patchGuards, patchOptions, patchSideOf } from '../../augment/patches.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { patchesHeadOptions, patchesHeadState, type PatchesHead } from '../../heads/patches-state.js';
import { keepClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const options = z.strictObject({
  ...patchOptions,
  ...patchesHeadOptions,
  guards: patchGuards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type RelativeLocationOptions = z.output<typeof options>;

const GRID = 3;
const MIDDLE = 4;
const NUM_NEIGHBOURS = 8;
const PLACES = ['above and left of', 'above', 'above and right of', 'left of', 'right of', 'below and left of', 'below', 'below and right of'];

/** The head that the options ask for. */
export const headOf = (options: RelativeLocationOptions): PatchesHead => ({ ...options, numPatches: 2, numClasses: NUM_NEIGHBOURS });

function bind(options: RelativeLocationOptions, sizes: DataSizes): Puzzle {
  const { pixels } = sizes;
  const side = patchSideOf(options, sizes);
  return {
    needs: { media: 'image' },
    arrays: { patches: { type: 'float32', shape: [2, side, side, pixels.channels] }, neighbour: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(NUM_NEIGHBOURS) },
    equivariance: { neighbour: keepClasses('neighbour', NUM_NEIGHBOURS) },
    metrics: { accuracy: { better: 'higher', chance: 1 / NUM_NEIGHBOURS, ceiling: 1 } },
    state: (trunk) => patchesHeadState(headOf(options), trunk, side),

    draw({ frames }, random, out) {
      if (frames.numFrames < 1) return false;
      const picture = pictureOf(frames, random.int(frames.numFrames));
      const neighbour = random.int(NUM_NEIGHBOURS);
      const cells = [MIDDLE, neighbour < MIDDLE ? neighbour : neighbour + 1];
      setNumber(out['neighbour'], neighbour);
      return cutPatches(picture, random, { grid: GRID, side, pixels, options, guards: options.guards, cells }, out['patches'] as Float32Array);
    },

    explain: ({ neighbour }) => ({ answer: `the second patch lies ${PLACES[neighbour![0]!]} the first` }),
  };
}

export const relativeLocation: TaskInfo<RelativeLocationOptions> = { options, paper: 'Doersch, Gupta, Efros 2015', media: 'image', bind };
