// Mirroring left and right.

/** Mirrors a patch in place. */
export function flipHorizontally(patchHWC: Float32Array, side: number): void {
  for (let row = 0; row < side; row++) {
    let left = row * side * 3;
    let right = left + (side - 1) * 3;
    for (; left < right; left += 3, right -= 3) {
      for (let c = 0; c < 3; c++) {
        const kept = patchHWC[left + c]!;
        patchHWC[left + c] = patchHWC[right + c]!;
        patchHWC[right + c] = kept;
      }
    }
  }
}
