// One decoded frame as the operations of this folder read it. They write `patchHWC`: side * side * C float32 numbers, 0..255
// until normalised. Shape letters: H = W = side, C channels, which the lengths of the arrays say.

import { countChannels, type Frames } from '../../decode/frames.js';

export interface Picture {
  readonly dataHWC: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** A view of frame `index`, no copy. */
export function pictureOf(frames: Frames, index: number): Picture {
  const { dataNHWC, height, width } = frames;
  const length = height * width * countChannels(frames);
  return { dataHWC: dataNHWC.subarray(index * length, (index + 1) * length), height, width };
}

/** Numbers of a pixel. */
export const channelsOf = ({ dataHWC, height, width }: Picture): number => dataHWC.length / (height * width);

/** Numbers of a pixel of a patch. */
export const channelsOfPatch = (patchHWC: Float32Array, side: number): number => patchHWC.length / (side * side);
