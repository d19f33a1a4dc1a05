// Classes of pixels: a mask of each picture, of its own size.

import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { CLASSES_FILE } from '../../shared/datasets/masks/read-mask.js';
import { makeFolder } from '../../shared/make-folder.js';
import { writeWhole } from '../../shared/write-whole.js';
import { createSegmenter } from '../../worker/evaluate/segmenter.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { writeFolder } from '../measure/write-folder.js';
import { nameMasks } from './name-masks.js';
import { predictItems, type Predicted, type PredictOptions } from './predict-items.js';

export interface MaskPrediction {
  readonly path: string;
  /** Of the picture, as it is shown. */
  readonly width: number;
  readonly height: number;
  /** Below the folder of masks; absent where none is written. */
  readonly mask?: string;
  /** Of its pixels, by class, the largest first; those that it has. */
  readonly shares: readonly { readonly label: string; readonly share: number }[];
}

export interface MaskOptions extends PredictOptions {
  /** Folder for masks, which is empty or not there. Default: none are written. */
  readonly out?: string | undefined;
}

/** Throws PretextError as predictItems does, BAD_ARGUMENT for a folder that has something in it, DISK_FULL, REFUSED. */
export async function predictMasks(opened: OpenedCheckpoint, { out, ...options }: MaskOptions): Promise<Predicted<MaskPrediction>> {
  if (out === undefined) return tellPixels(opened, options);
  return writeFolder(out, async (folder) => {
    const predicted = await tellPixels(opened, options, async (name, mask) => {
      const file = join(folder, name);
      await makeFolder(dirname(file));
      await writeWhole(file, [await toPng(mask)]);
    });
    await writeWhole(join(folder, CLASSES_FILE), predicted.classes.map((name) => `${name}\n`));
    return predicted;
  });
}

interface Mask {
  readonly numbersHW: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function tellPixels(opened: OpenedCheckpoint, options: PredictOptions, write?: (name: string, mask: Mask) => Promise<void>): Promise<Predicted<MaskPrediction>> {
  return predictItems(opened, options, ({ learning, parts, values, paths }) => {
    const { classes, segment, dispose } = createSegmenter(learning, parts, values)!;
    const names = nameMasks(paths);
    return {
      classes, dispose,
      refuse: ({ kind }) => (kind === 'image' ? undefined : 'Masks are told of pictures, and it is a video.'),
      async tell({ item, media: { frames } }, path) {
        const { width, height } = { width: item.width ?? frames.width, height: item.height ?? frames.height };
        const numbersHW = await segment(frames, { width, height });
        if (!numbersHW) return undefined;
        const name = names.get(path)!;
        await write?.(name, { numbersHW, width, height });
        return { path, width, height, ...(write && { mask: name }), shares: shareOut(classes, numbersHW) };
      },
    };
  });
}

function shareOut(classes: readonly string[], numbersHW: Uint8Array): MaskPrediction['shares'] {
  const counts = new Float64Array(classes.length);
  for (const number of numbersHW) counts[number]! += 1;
  return classes.map((label, number) => ({ label, share: counts[number]! / numbersHW.length })).filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
}

/** One grey byte a pixel: every program reads the numbers as they are. */
const toPng = ({ numbersHW, width, height }: Mask): Promise<Buffer> =>
  sharp(numbersHW, { raw: { width, height, channels: 1 }, limitInputPixels: false }).toColourspace('b-w').png().toBuffer();
