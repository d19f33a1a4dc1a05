// Mirroring left and right.

import { channelsOfPatch } from './picture.js';

/** Mirrors a patch in place. */
export function flipHorizontally(patchHWC: Float32Array, side: number): void {
  const channels = channelsOfPatch(patchHWC, side);
  for (let row = 0; row < side; row++) {
    let left = row * side * channels;
    let right = left + (side - 1) * channels;
    for (; left < right; left += channels, right -= channels) {
      for (let c = 0; c < channels; c++) {
        const kept = patchHWC[left + c]!;
        patchHWC[left + c] = patchHWC[right + c]!;
        patchHWC[right + c] = kept;
      }
    }
  }
}
