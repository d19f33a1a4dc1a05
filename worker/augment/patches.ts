// Patches of a picture for tasks that ask where they lie, as both papers of such tasks guard them: a crop is divided into cells, and a
// patch is cut out of a cell (Doersch, Gupta, Efros 2015; Noroozi and Favaro 2016).

import { z } from 'zod';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Random } from '../../shared/random/random.js';
import { guard } from './guard.js';
import { splitChannel } from './ops/colour.js';
import { flipHorizontally } from './ops/flip.js';
import { normaliseFixed, normalisePatch } from './ops/normalise.js';
import type { Picture } from './ops/picture.js';
import { copyResized, drawBox } from './ops/resized-crop.js';
import type { Pixels } from '../pixels.js';
import type { DataSizes } from '../tasks/task.js';

/** What a task of patches lets a recipe say of its pictures. */
export const patchOptions = {
  patchSide: z.int().min(4).max(512).optional()
    .describe('Side that a patch is scaled to, in pixels. At that of a patch in the picture the trunk sees things as large as it sees them in whole pictures, and learns more for those. Default: data.side.'),
  minArea: z.number().min(0.05).max(1).default(0.7).describe('Smallest crop that is divided into cells, as a share of the picture\'s area.'),
  gap: z.number().min(0).max(0.8).default(0.25).describe('What a patch leaves of its cell\'s side, 0..1. Between two patches lies half of it at least.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right, before they are cut.'),
};

/** What keeps places of patches from being told by less than what they show. */
export const patchGuards = z.strictObject({
  gap: guard('Leave a gap between patches and move each by itself, so that lines and edges that continue do not give places away.'),
  oneChannel: guard('Show one random colour channel of a picture instead of colours, so that the fringes of a lens do not give places away.'),
  normalise: guard('Bring each patch to mean 0 and deviation 1, so that a change of light across the picture does not give places away.'),
});

/** The side that patches are scaled to. Throws PretextError BAD_RECIPE where the model takes pictures of data.side alone. */
export function patchSideOf({ patchSide }: { readonly patchSide?: number | undefined }, { side, patch }: Pick<DataSizes, 'side' | 'patch'>): number {
  if (patchSide === undefined || patchSide === side) return side;
  if (patch === undefined) return patchSide;
  throw new PretextError('BAD_RECIPE', `task.options.patchSide: the model takes pictures of data.side ${side} alone, given ${patchSide}.`, {
    hint: 'Choose a model of convolutions, such as convnet, or leave patchSide out.',
  });
}

export interface PatchSettings {
  /** Cells a side. */
  readonly grid: number;
  /** Side of a patch as it is written, in pixels. */
  readonly side: number;
  readonly pixels: Pixels;
  readonly options: { readonly minArea: number; readonly gap: number; readonly flip: boolean };
  readonly guards: z.output<typeof patchGuards>;
  /** Numbers of the cells whose patches are cut, row by row from the upper left one. Default: all of them. */
  readonly cells?: readonly number[];
}

/** Shorter cells have nothing to recognise, in pixels. */
const LEAST_CELL = 4;

/** Writes the patches of the cells, one after another, to `patches`, [cells, side, side, C]. Returns false where the picture is too small to be cut. */
export function cutPatches(picture: Picture, random: Random, settings: PatchSettings, patches: Float32Array): boolean {
  const { grid, side, pixels, options, guards, cells = Array.from({ length: grid * grid }, (_, cell) => cell) } = settings;
  if (Math.min(picture.height, picture.width) < LEAST_CELL * grid) return false;
  const box = drawBox(picture, random, options.minArea);
  const isMirrored = options.flip && random.chance(0.5);
  const channel = random.int(pixels.channels);
  const gap = guards.gap ? options.gap : 0;
  const [height, width] = [box.height / grid, box.width / grid];
  const place = (): number => gap * random.uniform(0.25, 0.75);
  const length = side * side * pixels.channels;
  for (const [index, cell] of cells.entries()) {
    const patchHWC = patches.subarray(index * length, (index + 1) * length);
    const row = Math.floor(cell / grid);
    const column = isMirrored ? grid - 1 - (cell % grid) : cell % grid;
    const x = box.x + (column + place()) * width;
    const y = box.y + (row + place()) * height;
    copyResized(picture, { x, y, width: (1 - gap) * width, height: (1 - gap) * height }, side, patchHWC);
    if (isMirrored) flipHorizontally(patchHWC, side);
    if (guards.oneChannel) splitChannel(patchHWC, channel, pixels.channels);
    if (guards.normalise) normalisePatch(patchHWC);
    else normaliseFixed(patchHWC, pixels);
  }
  return true;
}
