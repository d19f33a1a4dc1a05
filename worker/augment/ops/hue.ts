// Turning the hue, in place, as HSV has it: by sums, products and quotients, so without the last bits of sines.

/** Where the channels red, green and blue begin to fall, in sixths of a turn. */
const PHASES = [5, 3, 1] as const;

/** Sixths of a turn from red, -1..5; the channels must differ. */
function hueOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  if (most === red) return (green - blue) / range;
  return most === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
}

/** Moves every hue by `turn` of the circle, -1..1; brightest and darkest channel keep their values. */
export function turnHue(patchHWC: Float32Array, turn: number): void {
  for (let i = 0; i < patchHWC.length; i += 3) {
    const [red, green, blue] = [patchHWC[i]!, patchHWC[i + 1]!, patchHWC[i + 2]!];
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    const hue = hueOf(red, green, blue) + 6 * turn;
    for (let c = 0; c < 3; c++) {
      // 12 keeps the remainder's dividend above 0.
      const place = (PHASES[c]! + hue + 12) % 6;
      patchHWC[i + c] = most - range * Math.max(0, Math.min(place, 4 - place, 1));
    }
  }
}
