// Square crops at the picture's own scale.

import { channelsOf, type Picture } from './picture.js';

/** The top left corner of a crop, in whole pixels. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** Copies a square, which must lie inside the picture. */
export function copyCrop(picture: Picture, { x, y }: Corner, side: number, patchHWC: Float32Array): void {
  const { dataHWC, width } = picture;
  const channels = channelsOf(picture);
  for (let row = 0; row < side; row++) {
    const from = ((y + row) * width + x) * channels;
    patchHWC.set(dataHWC.subarray(from, from + side * channels), row * side * channels);
  }
}
