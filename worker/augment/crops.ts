// Several crops of one picture, a few large ones and more small ones (multi-crop: Caron and others 2020, "Unsupervised Learning of Visual
// Features by Contrasting Cluster Assignments"): small ones cost little, and what they show must fit what the large ones show.

import { z } from 'zod';
import { pictureSpec, type DataSizes, type Puzzle } from '../tasks/task.js';
import { drawView, needsOfViews, viewGuards, viewOptionsBesideCrop } from './views.js';
import { explainViews, pairOptions, pickPictures } from './view-pair.js';

const crops = z.strictObject({
  global: z.int().min(1).max(8).default(2).describe('Large crops of a picture, scaled to `data.side`.'),
  local: z.int().min(0).max(32).default(4).describe('Small crops, scaled to half of that.'),
  border: z.number().min(0.05).max(0.95).default(0.35).describe('Area of the smallest large and of the largest small crop, as a share of the picture\'s.'),
  minArea: z.number().min(0.01).max(0.95).default(0.1).describe('Area of the smallest small crop, likewise.'),
}).refine(({ border, minArea }) => minArea <= border, { path: ['minArea'], message: 'at most `border`, the area of the largest small crop' });

/** What a task of several crops lets a recipe say of them. */
export const cropOptions = {
  crops: crops.prefault({}).describe('How many crops, and how large.'),
  views: viewOptionsBesideCrop.prefault({}).describe('How the crops may differ besides.'),
  secondsApart: pairOptions.secondsApart.describe('Farthest that the frames of a clip lie from the first crop\'s, in seconds. 0: all crops are of one frame, as they are of a picture.'),
  guards: viewGuards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
};

export type CropOptions = z.output<z.ZodObject<typeof cropOptions>>;

/** Side of small crops: half, in whole patches where a model has some. */
export const localSideOf = ({ side, patch = 1 }: Pick<DataSizes, 'side' | 'patch'>): number => Math.max(1, Math.floor(side / 2 / patch)) * patch;

/** The part of a puzzle that draws the crops: `global` [G, side, side, C] and, where there are some, `local` [L, half, half, C]. */
export function bindCrops({ crops: { global, local, border, minArea }, views, secondsApart, guards }: CropOptions, sizes: DataSizes): Pick<Puzzle, 'needs' | 'arrays' | 'draw' | 'explain'> {
  const { side, pixels } = sizes;
  const kinds = [
    { name: 'global', count: global, side, minArea: border, maxArea: 1 },
    { name: 'local', count: local, side: localSideOf(sizes), minArea, maxArea: border },
  ].filter(({ count }) => count > 0);
  const specOf = ({ count, side: ownSide }: (typeof kinds)[number]) => {
    const { shape, ...spec } = pictureSpec(ownSide, pixels);
    return { ...spec, shape: [count, ...shape] };
  };
  return {
    needs: needsOfViews({ ...views, minArea }, guards),
    arrays: Object.fromEntries(kinds.map((kind) => [kind.name, specOf(kind)])),
    draw(media, random, out) {
      const pictures = pickPictures(media, random, global + local, secondsApart);
      if (pictures === undefined) return false;
      let next = 0;
      for (const { name, count, side: ownSide, minArea: least, maxArea } of kinds) {
        const bytes = out[name] as Uint8Array;
        const length = bytes.length / count;
        for (let i = 0; i < count; i++) {
          const settings = { side: ownSide, maxArea, views: { ...views, minArea: least }, guards };
          drawView(pictures[next++]!, random, settings, bytes.subarray(i * length, (i + 1) * length));
        }
      }
      return true;
    },
    explain: () => explainViews({ secondsApart }),
  };
}
