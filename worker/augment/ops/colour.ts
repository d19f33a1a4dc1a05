// Changes of colour, in place, on values 0..255. The weights of luma are those of ITU-R BT.601; of other than three channels it is the mean.

import type { Random } from '../../../shared/random/random.js';

type Luma = (patch: Float32Array, i: number) => number;

const lumaOfColours: Luma = (patch, i) => 0.299 * patch[i]! + 0.587 * patch[i + 1]! + 0.114 * patch[i + 2]!;

function lumaOf(channels: number): Luma {
  if (channels === 3) return lumaOfColours;
  return (patch, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += patch[i + c]!;
    return sum / channels;
  };
}

function setAll(patch: Float32Array, i: number, channels: number, value: number): void {
  for (let c = 0; c < channels; c++) patch[i + c] = value;
}

/** Every channel becomes the luma. */
export function toGrayscale(patchHWC: Float32Array, channels = 3): void {
  const luma = lumaOf(channels);
  for (let i = 0; i < patchHWC.length; i += channels) setAll(patchHWC, i, channels, luma(patchHWC, i));
}

/** Every channel becomes `channel`, counted from 0: the order of frames cannot be read off drifting colours. */
export function splitChannel(patchHWC: Float32Array, channel: number, channels = 3): void {
  for (let i = 0; i < patchHWC.length; i += channels) setAll(patchHWC, i, channels, patchHWC[i + channel]!);
}

/** Brightness, contrast and saturation each times 1 - strength .. 1 + strength; `strength` in 0..1. Clipped to 0..255. */
export function jitterColour(patchHWC: Float32Array, random: Random, strength: number, channels = 3): void {
  const luma = lumaOf(channels);
  const factor = (): number => 1 + random.uniform(-strength, strength);
  const [brightness, contrast, saturation] = [factor(), factor(), factor()];
  let sum = 0;
  for (let i = 0; i < patchHWC.length; i += channels) sum += luma(patchHWC, i);
  const middle = (sum / (patchHWC.length / channels)) * brightness;
  for (let i = 0; i < patchHWC.length; i += channels) {
    const gray = luma(patchHWC, i);
    for (let c = 0; c < channels; c++) {
      const saturated = (gray + (patchHWC[i + c]! - gray) * saturation) * brightness;
      patchHWC[i + c] = Math.min(Math.max(middle + (saturated - middle) * contrast, 0), 255);
    }
  }
}
