// Jigsaw (Noroozi and Favaro 2016, "Unsupervised Learning of Visual Representations by Solving Jigsaw Puzzles"): the cells of a picture are
// laid in one of a few permutations; the class is which. The patches are drawn in their places, and the objective lays them by the
// permutations that the state holds: a checkpoint says what its classes mean.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { cutPatches, patchGuards, patchOptions, patchSideOf } from '../../augment/patches.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { patchesHeadOptions, patchesHeadState, type PatchesHead } from '../../heads/patches-state.js';
import { permuteClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { choosePermutations } from './permutations.js';

const options = z.strictObject({
  grid: z.int().min(2).max(3).default(3).describe('Cells a side. 3 shows smaller parts, 2 has 24 permutations at most.'),
  permutations: z.int().min(2).max(1000).default(24).describe('Permutations that a puzzle may be laid in, chosen far from each other: the difficulty. At most 24 with a grid of 2.'),
  ...patchOptions,
  ...patchesHeadOptions,
  guards: patchGuards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type JigsawOptions = z.output<typeof options>;

/** Name of the permutations in the state, [permutations, grid * grid]: which cell's patch is laid in each place. */
export const PERMUTATIONS = 'permutations';

/** The head that the options ask for. */
export const headOf = (options: JigsawOptions): PatchesHead => ({ ...options, numPatches: options.grid ** 2, numClasses: options.permutations });

/** Permutations of the cells of a grid of 2. */
const MOST_OF_FOUR = 24;

/** What leads from one permutation to another leads from each to one of the set only where the set has all of them. */
function ruleOf({ grid, permutations }: JigsawOptions): NonNullable<Puzzle['equivariance']> {
  if (grid > 2 || permutations < MOST_OF_FOUR) return `its ${permutations} permutations are not all, and one laid after another leads out of them (a grid of 2 with ${MOST_OF_FOUR} has all)`;
  const numPatches = grid ** 2;
  const all = choosePermutations(numPatches, permutations);
  // The place of each cell: what permuteClasses calls an order.
  const orders = Array.from({ length: permutations }, (_, k) => {
    const laid = [...all.subarray(k * numPatches, (k + 1) * numPatches)];
    return laid.map((_cell, cell) => laid.indexOf(cell));
  });
  const classes = new Map(orders.map((order, k) => [order.join(), k]));
  return { permutation: permuteClasses({ orders, classOf: (order) => classes.get(order.join()), orderOf: (arrays) => orders[arrays['permutation']![0]!]! }) };
}

function bind(options: JigsawOptions, sizes: DataSizes): Puzzle {
  const { pixels } = sizes;
  const side = patchSideOf(options, sizes);
  const { grid, permutations, guards } = options;
  if (grid === 2 && permutations > MOST_OF_FOUR) {
    throw new PretextError('BAD_RECIPE', `task.options.permutations: 4 cells have ${MOST_OF_FOUR} permutations, expected at most as many, given ${permutations}.`, {
      hint: 'Take fewer, or a grid of 3.',
    });
  }
  const numPatches = grid ** 2;
  return {
    needs: { media: 'image' },
    arrays: { patches: { type: 'float32', shape: [numPatches, side, side, pixels.channels] }, permutation: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(permutations) },
    equivariance: ruleOf(options),
    metrics: { accuracy: { better: 'higher', chance: 1 / permutations, ceiling: 1 } },
    state: (trunk) => [
      ...patchesHeadState(headOf(options), trunk, side),
      { kind: 'constant', name: PERMUTATIONS, shape: [permutations, numPatches], values: () => Float32Array.from(choosePermutations(numPatches, permutations)) },
    ],

    draw({ frames }, random, out) {
      if (frames.numFrames < 1) return false;
      const picture = pictureOf(frames, random.int(frames.numFrames));
      if (!cutPatches(picture, random, { grid, side, pixels, options, guards }, out['patches'] as Float32Array)) return false;
      setNumber(out['permutation'], random.int(permutations));
      return true;
    },

    explain({ patches, permutation }) {
      const cells = choosePermutations(numPatches, permutations).subarray(permutation![0]! * numPatches).subarray(0, numPatches);
      const length = patches!.length / numPatches;
      const laid = new Float32Array(patches!.length);
      cells.forEach((cell, place) => laid.set(patches!.subarray(cell * length, (cell + 1) * length), place * length));
      return {
        answer: `permutation ${permutation![0]!}, cells ${cells.join(' ')}`,
        shown: { 'patches as they are laid': { shape: [numPatches, side, side, pixels.channels], values: laid } },
      };
    },
  };
}

export const jigsaw: TaskInfo<JigsawOptions> = { options, paper: 'Noroozi and Favaro 2016', media: 'image', bind };
