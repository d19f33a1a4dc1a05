// From sRGB bytes to CIE Lab under the white D65: lightness L of 0..100, a from green to red, b from blue to yellow. The same bits in
// every engine: powers and roots are made of sums, products and quotients.

import { naturalExp } from './exponential.js';
import { naturalLog } from './logarithm.js';

/** Share of full light that each byte stands for (IEC 61966-2-1). */
const LIGHT = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : naturalExp(2.4 * naturalLog((value + 0.055) / 1.055));
});

const TO_X = [0.4124564, 0.3575761, 0.1804375] as const;
const TO_Y = [0.2126729, 0.7151522, 0.072175] as const;
const TO_Z = [0.0193339, 0.119192, 0.9503041] as const;
const sumOf = ([red, green, blue]: readonly [number, number, number]): number => red + green + blue;
/** The white has a and b of 0 exactly. */
const WHITE = [sumOf(TO_X), sumOf(TO_Y), sumOf(TO_Z)] as const;

const EPSILON = (6 / 29) ** 3;

/** Cube root of EPSILON..1 by Halley's steps, which triple the right digits. */
function cubeRoot(value: number): number {
  let root = 0.3 + 0.7 * value;
  for (let i = 0; i < 5; i++) {
    const cube = root * root * root;
    root = (root * (cube + 2 * value)) / (2 * cube + value);
  }
  return root;
}

const compress = (value: number): number => (value > EPSILON ? cubeRoot(value) : (value * 841) / 108 + 4 / 29);

/** Writes L, a, b of one pixel to `out`. */
export function toLab(red: number, green: number, blue: number, out: Float64Array): void {
  const [r, g, b] = [LIGHT[red]!, LIGHT[green]!, LIGHT[blue]!];
  const x = compress((TO_X[0] * r + TO_X[1] * g + TO_X[2] * b) / WHITE[0]);
  const y = compress((TO_Y[0] * r + TO_Y[1] * g + TO_Y[2] * b) / WHITE[1]);
  const z = compress((TO_Z[0] * r + TO_Z[1] * g + TO_Z[2] * b) / WHITE[2]);
  out[0] = 116 * y - 16;
  out[1] = 500 * (x - y);
  out[2] = 200 * (y - z);
}

const FROM_XYZ = [[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556], [0.0556434, -0.2040259, 1.0572252]] as const;

const expand = (value: number): number => (value > 6 / 29 ? value ** 3 : (108 / 841) * (value - 4 / 29));
const toByte = (light: number): number => Math.round(255 * Math.min(Math.max(light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055, 0), 1));

/** The way back, for people to look at: colours that no byte can show become the nearest in each channel. Nothing is learnt from it. */
export function fromLab(lightness: number, a: number, b: number): [red: number, green: number, blue: number] {
  const y = (lightness + 16) / 116;
  const [X, Y, Z] = [WHITE[0] * expand(y + a / 500), WHITE[1] * expand(y), WHITE[2] * expand(y - b / 200)];
  return FROM_XYZ.map(([x, each, z]) => toByte(Math.max(x * X + each * Y + z * Z, 0))) as [number, number, number];
}
