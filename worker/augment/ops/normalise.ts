// From 0..255 to what a model reads, in place.

import { PHOTOGRAPHS, type ChannelMoments } from '../../pixels.js';

/** In grey levels: below this a patch counts as flat, and its noise is not blown up to contrast. */
const LEAST_DEVIATION = 8;

/** (value / 255 - mean) / deviation with fixed numbers for each channel. */
export function normaliseFixed(patchHWC: Float32Array, { mean, deviation }: ChannelMoments = PHOTOGRAPHS): void {
  const channels = mean.length;
  for (let c = 0; c < channels; c++) {
    const scale = 1 / (255 * deviation[c]!);
    const shift = mean[c]! / deviation[c]!;
    for (let i = c; i < patchHWC.length; i += channels) patchHWC[i] = patchHWC[i]! * scale - shift;
  }
}

/** The way back to bytes, for people to look at. */
export function restoreBytes(patchHWC: Float32Array, { mean, deviation }: ChannelMoments): Uint8Array {
  const channels = mean.length;
  return Uint8Array.from(patchHWC, (value, i) => Math.min(Math.max(Math.round(255 * (value * deviation[i % channels]! + mean[i % channels]!)), 0), 255));
}

/** Mean 0 and deviation 1 over the whole patch, so that neither brightness nor contrast tells one frame from another. */
export function normalisePatch(patchHWC: Float32Array): void {
  let sum = 0;
  for (const value of patchHWC) sum += value;
  const mean = sum / patchHWC.length;
  let squares = 0;
  for (const value of patchHWC) squares += (value - mean) ** 2;
  const scale = 1 / Math.max(Math.sqrt(squares / patchHWC.length), LEAST_DEVIATION);
  for (let i = 0; i < patchHWC.length; i++) patchHWC[i] = (patchHWC[i]! - mean) * scale;
}
