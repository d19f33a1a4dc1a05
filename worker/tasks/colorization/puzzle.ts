// Colours from lightness (Zhang, Isola, Efros 2016, "Colorful Image Colorization"): the trunk sees how light a picture is, in all three
// channels alike; each cell's colour is a class among squares of the ab plane of Lab, softly.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { guard } from '../../augment/guard.js';
import { fromLab, toLab } from '../../augment/ops/lab.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { ANSWERS_A_PICTURE } from '../equivariance.js';
import { pictureSpec, type Arrays, type DataSizes, type Puzzle, type TaskInfo, type TrunkShape } from '../task.js';
import { encodeSoftly, listBins, weighBins } from './bins.js';

const guards = z.strictObject({
  grey: guard('Leave out pictures in which no cell has an a or b beyond 5: they would teach grey. They count as samples that cannot be used.'),
});

const options = z.strictObject({
  scale: z.int().min(1).max(32).default(4).describe('Pixels a side of the cells whose colours are asked for; divides data.side.'),
  step: z.int().min(5).max(40).default(10).describe('Side of the squares of the ab plane that are the classes: 20 is easier, 5 harder.'),
  neighbours: z.int().min(1).max(20).default(10).describe('Nearest squares that a colour is spread over.'),
  sigma: z.number().min(0.5).max(50).default(5).describe('Deviation of the Gaussian that spreads it, in units of a and b.'),
  uniform: z.number().min(0).max(1).default(0.5).describe('Class rebalancing: share of an even distribution in what the weight of a colour is the inverse of; 1 weighs all alike.'),
  spread: z.number().min(1).max(200).default(7).describe('How fast colours become rarer away from grey: by a factor of e each so many units of a and b; half the mean distance from grey. 7 was measured on photographs.'),
  hidden: z.int().min(1).max(4096).default(64).describe('Numbers that the head keeps of each cell.'),
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type ColorizationOptions = z.output<typeof options>;

/** Largest |a| or |b| of a picture that counts as grey. */
const GREYEST = 5;

export const BINS = 'head/bins';
export const WEIGHTS = 'head/weights';

export interface HeadPlan {
  /** From each place of the last feature map to all cells that it covers. */
  readonly spread: Dense;
  readonly classes: Dense;
  /** Cells a side that a place covers. */
  readonly factor: number;
}

/** Throws PretextError BAD_RECIPE where the cells do not fit the places of the last feature map. */
export function planHead({ step, hidden, scale }: ColorizationOptions, trunk: Pick<TrunkShape, 'channels' | 'side'>, cells: number): HeadPlan {
  const factor = cells / trunk.side;
  if (!Number.isInteger(factor)) {
    throw new PretextError('BAD_RECIPE', `task.options.scale: ${scale} makes ${cells} cells a side, expected a multiple of the ${trunk.side} places of the model's last feature map.`);
  }
  return {
    spread: { name: 'head/spread', numInputs: trunk.channels, numOutputs: factor * factor * hidden },
    classes: { name: 'head/classes', numInputs: hidden, numOutputs: listBins(step).length / 2, gain: 0.1 },
    factor,
  };
}

interface Colouring {
  readonly options: ColorizationOptions;
  readonly side: number;
  readonly cells: number;
}

/** Writes lightness to `picture` and the mean a and b of each cell to `colours`. */
function splitLightness(bytesHWC: Uint8Array, { side, cells }: Colouring, { picture, colours }: Arrays): void {
  const lab = new Float64Array(3);
  const scale = side / cells;
  for (let i = 0; i < side * side; i++) {
    toLab(bytesHWC[3 * i]!, bytesHWC[3 * i + 1]!, bytesHWC[3 * i + 2]!, lab);
    picture!.fill(Math.min(Math.max(Math.round(lab[0]! * 2.55), 0), 255), 3 * i, 3 * i + 3);
    const cell = Math.floor(Math.floor(i / side) / scale) * cells + Math.floor((i % side) / scale);
    for (let c = 0; c < 2; c++) colours![2 * cell + c]! += lab[c + 1]! / (scale * scale);
  }
}

function encodeCells({ options: { step, neighbours, sigma }, cells }: Colouring, { colours, bins, shares }: Arrays): void {
  const centres = listBins(step);
  for (let cell = 0; cell < cells * cells; cell++) {
    const places = [cell * neighbours, (cell + 1) * neighbours] as const;
    encodeSoftly(colours![2 * cell]!, colours![2 * cell + 1]!, centres, sigma, {
      bins: bins!.subarray(...places) as Int32Array,
      shares: shares!.subarray(...places) as Float32Array,
    });
  }
}

/** Lightness with the colour of each cell. */
function colourIn(pictureHWC: Uint8Array, coloursP2: ArrayLike<number>, { side, cells }: Pick<Colouring, 'side' | 'cells'>): Uint8Array {
  const painted = new Uint8Array(pictureHWC.length);
  const scale = side / cells;
  for (let i = 0; i < side * side; i++) {
    const cell = Math.floor(Math.floor(i / side) / scale) * cells + Math.floor((i % side) / scale);
    painted.set(fromLab(pictureHWC[3 * i]! / 2.55, coloursP2[2 * cell]!, coloursP2[2 * cell + 1]!), 3 * i);
  }
  return painted;
}

function bind(given: ColorizationOptions, { side, pixels }: DataSizes): Puzzle {
  const { scale, step, neighbours } = given;
  if (side % scale !== 0) throw new PretextError('BAD_RECIPE', `task.options.scale: cells of ${scale} pixels do not divide data.side ${side}.`);
  const cells = side / scale;
  const numCells = cells * cells;
  const centres = listBins(step);
  const numBins = centres.length / 2;
  return {
    needs: { media: 'image', colour: 'to ask for them' },
    arrays: {
      picture: pictureSpec(side, pixels),
      colours: { type: 'float32', shape: [numCells, 2] },
      bins: { type: 'int32', shape: [numCells, neighbours] },
      shares: { type: 'float32', shape: [numCells, neighbours] },
    },
    terms: ['crossEntropy'],
    equivariance: ANSWERS_A_PICTURE,
    // How much nearer to the picture's colours than a guesser, in units of a and b: root mean squares over its cells.
    metrics: {
      // Of one who says grey.
      overGrey: { better: 'higher', chance: 0 },
      // Of one who says the mean colour of all cells as light, among the pictures of the microbatch.
      overLightness: { better: 'higher', chance: 0 },
    },
    state(trunk) {
      const { spread, classes } = planHead(given, trunk, cells);
      return [
        ...denseState(spread),
        ...denseState(classes),
        { kind: 'constant', name: BINS, shape: [numBins, 2], values: () => centres },
        { kind: 'constant', name: WEIGHTS, shape: [numBins, 1], values: () => weighBins(centres, given.uniform, given.spread) },
      ];
    },

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { ...given, side });
      if (!patchHWC) return false;
      const bytes = new Uint8Array(patchHWC.length);
      toBytes(patchHWC, bytes);
      const colouring = { options: given, side, cells };
      splitLightness(bytes, colouring, out);
      if (given.guards.grey && out['colours']!.every((value) => Math.abs(value) <= GREYEST)) return false;
      encodeCells(colouring, out);
      return true;
    },

    explain: ({ picture, colours }) => ({
      answer: `the colours of ${numCells} cells`,
      shown: {
        picture: { shape: [side, side, pixels.channels], values: picture! },
        'green to red, blue to yellow': { shape: [2, cells, cells, 1], values: Float32Array.from({ length: 2 * numCells }, (_, i) => colours![2 * (i % numCells) + Math.floor(i / numCells)]!) },
      },
    }),

    showPredicted: ({ picture, colours }, { means }) => {
      const show = (coloursP2: ArrayLike<number>) => ({ shape: [side, side, pixels.channels], values: colourIn(picture as Uint8Array, coloursP2, { side, cells }) });
      return { seen: show(new Float32Array(2 * numCells)), coloured: show(means!), 'its own colours': show(colours!) };
    },
  };
}

export const colorization: TaskInfo<ColorizationOptions> = { options, paper: 'Zhang, Isola, Efros 2016', media: 'image', bind };
