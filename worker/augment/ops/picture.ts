// One decoded frame as the operations of this folder read it. They write `patchHWC`: side * side * 3 float32 numbers, 0..255
// until normalised. Shape letters: H = W = side, C = 3.

import type { Frames } from '../../decode/frames.js';

export interface Picture {
  readonly dataHWC: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** A view of frame `index`, no copy. */
export function pictureOf({ dataNHWC, height, width }: Frames, index: number): Picture {
  const length = height * width * 3;
  return { dataHWC: dataNHWC.subarray(index * length, (index + 1) * length), height, width };
}
