// Pictures as bytes, for arrays that travel to the device as they are.

/** Rounds numbers of 0..255 to the nearest whole one; what lies outside is cut. */
export function toBytes(patch: Float32Array, bytes: Uint8Array): void {
  for (let i = 0; i < patch.length; i++) bytes[i] = Math.min(Math.max(Math.round(patch[i]!), 0), 255);
}
