// The classes of a picture's pixels, of the size that the picture was brought to.

import { readFile } from 'node:fs/promises';
import { readNumbers } from '../../shared/datasets/masks/png.js';
import type { Size } from './limits.js';

/** Of each pixel the number in the mask that lies there, [H, W], on shared memory. Throws PretextError DECODE_FAILED, DECODE_LIMIT. */
export async function decodeMask(path: string, { width, height }: Size): Promise<Uint8Array> {
  const mask = readNumbers(await readFile(path));
  const classesHW = new Uint8Array(new SharedArrayBuffer(height * width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++) classesHW[y * width + x] = mask.values[row + Math.floor(((x + 0.5) * mask.width) / width)]!;
  }
  return classesHW;
}
