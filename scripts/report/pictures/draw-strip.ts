// Pictures of an array side by side, as one small PNG.

import sharp from 'sharp';
import type { ShownArray } from '../../../worker/tasks/task.js';
import { showArray, type Tile } from '../../tasks/show-array.js';
import type { Picture } from './pictures.js';

/** Pixels; larger tiles are made smaller. */
const LONGEST_SIDE = 96;
const GAP = 2;
/** So many stand in one row; more become rows of like length. */
const IN_A_ROW = 5;

/** Undefined where the array holds no picture. */
export async function drawStrip(title: string, array: ShownArray): Promise<Picture | undefined> {
  const shown = showArray(array);
  if (!('tiles' in shown) || shown.tiles.length === 0) return undefined;
  const tiles = await Promise.all(shown.tiles.map(fit));
  const [{ width: tileWidth, height: tileHeight }] = tiles as [Tile];
  const columns = tiles.length <= IN_A_ROW ? tiles.length : Math.ceil(Math.sqrt(tiles.length));
  const rows = Math.ceil(tiles.length / columns);
  const [width, height] = [columns * (tileWidth + GAP) - GAP, rows * (tileHeight + GAP) - GAP];
  const pixels = new Uint8Array(width * height * 4);
  tiles.forEach((tile, i) => place(tile, pixels, { left: (i % columns) * (tileWidth + GAP), top: Math.floor(i / columns) * (tileHeight + GAP), width }));
  const png = await sharp(pixels, { raw: { width, height, channels: 4 } }).png({ compressionLevel: 9 }).toBuffer();
  return { png: png.toString('base64'), width, height, title };
}

async function fit({ pixelsHWC, height, width }: Tile): Promise<Tile> {
  if (Math.max(height, width) <= LONGEST_SIDE) return { pixelsHWC, height, width };
  const { data, info } = await sharp(pixelsHWC, { raw: { width, height, channels: 3 } }).resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside' }).raw().toBuffer({ resolveWithObject: true });
  return { pixelsHWC: data, height: info.height, width: info.width };
}

/** Between tiles nothing is painted. */
function place({ pixelsHWC, height, width }: Tile, pixels: Uint8Array, { left, top, width: across }: { readonly left: number; readonly top: number; readonly width: number }): void {
  for (let i = 0; i < height * width; i++) {
    const at = 4 * ((top + Math.floor(i / width)) * across + left + (i % width));
    pixels.set(pixelsHWC.subarray(3 * i, 3 * i + 3), at);
    pixels[at + 3] = 255;
  }
}
