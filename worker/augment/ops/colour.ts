// Changes of colour, in place, on values 0..255. The weights of luma are those of ITU-R BT.601.

import type { Random } from '../../../shared/random/random.js';

const luma = (patch: Float32Array, i: number): number => 0.299 * patch[i]! + 0.587 * patch[i + 1]! + 0.114 * patch[i + 2]!;

function setAll(patch: Float32Array, i: number, value: number): void {
  patch[i] = value;
  patch[i + 1] = value;
  patch[i + 2] = value;
}

/** Every channel becomes the luma. */
export function toGrayscale(patchHWC: Float32Array): void {
  for (let i = 0; i < patchHWC.length; i += 3) setAll(patchHWC, i, luma(patchHWC, i));
}

/** Every channel becomes `channel` (0..2): the order of frames cannot be read off drifting colours. */
export function splitChannel(patchHWC: Float32Array, channel: number): void {
  for (let i = 0; i < patchHWC.length; i += 3) setAll(patchHWC, i, patchHWC[i + channel]!);
}

/** Brightness, contrast and saturation each times 1 - strength .. 1 + strength; `strength` in 0..1. Clipped to 0..255. */
export function jitterColour(patchHWC: Float32Array, random: Random, strength: number): void {
  const factor = (): number => 1 + random.uniform(-strength, strength);
  const [brightness, contrast, saturation] = [factor(), factor(), factor()];
  let sum = 0;
  for (let i = 0; i < patchHWC.length; i += 3) sum += luma(patchHWC, i);
  const middle = (sum / (patchHWC.length / 3)) * brightness;
  for (let i = 0; i < patchHWC.length; i += 3) {
    const gray = luma(patchHWC, i);
    for (let c = 0; c < 3; c++) {
      const saturated = (gray + (patchHWC[i + c]! - gray) * saturation) * brightness;
      patchHWC[i + c] = Math.min(Math.max(middle + (saturated - middle) * contrast, 0), 255);
    }
  }
}
