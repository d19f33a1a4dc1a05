// A drawn array as people see it: pictures as tiles of bytes, everything else as a few numbers. Pure.
// Shape letters: N tiles, H, W, C.

import { sizeOf } from '../../shared/state/spec.js';
import type { ShownArray } from '../../worker/tasks/task.js';

/** A picture of red, green and blue. */
export interface Tile {
  readonly pixelsHWC: Uint8Array;
  readonly height: number;
  readonly width: number;
}

export type Shown = { readonly tiles: readonly Tile[] } | { readonly text: string };

const MAX_TILES = 16;
const MAX_NUMBERS = 12;
/** Below this a side holds numbers, not a picture. */
const LEAST_SIDE = 8;
/** Times the shorter side: what is longer is a table. */
const LONGEST = 8;
const RGB = 3;

/** Bytes as they are; other numbers are stretched from black to white over what the array holds. */
export function showArray({ shape, values }: ShownArray): Shown {
  const picture = pictureOf(shape);
  if (picture === undefined) return { text: describeNumbers(values) };
  const [height, width, channels] = picture;
  const length = height * width * channels;
  const toByte = values instanceof Uint8Array ? (value: number): number => value : stretch(values);
  const numTiles = Math.min(MAX_TILES, values.length / length);
  return { tiles: Array.from({ length: numTiles }, (_, n) => ({ height, width, pixelsHWC: toRgb(values.subarray(n * length, (n + 1) * length), channels, toByte) })) };
}

/** Height, width and channels of the pictures that an array holds. */
function pictureOf(shape: readonly number[]): readonly [number, number, number] | undefined {
  const [height, width, channels] = shape.length === 2 ? [...shape, 1] : shape.slice(-3);
  if (height === undefined || width === undefined || channels === undefined) return undefined;
  const isPicture = Math.min(height, width) >= LEAST_SIDE && Math.max(height, width) <= LONGEST * Math.min(height, width) && sizeOf(shape) % (height * width * channels) === 0;
  return isPicture ? [height, width, channels] : undefined;
}

function stretch(values: ShownArray['values']): (value: number) => number {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const scale = most > least ? 255 / (most - least) : 0;
  return (value) => Math.round((value - least) * scale);
}

/** Grey where there are fewer than three channels; of more the first three. */
function toRgb(values: ShownArray['values'], channels: number, toByte: (value: number) => number): Uint8Array {
  const pixels = new Uint8Array((values.length / channels) * RGB);
  for (let i = 0; i < pixels.length; i++) {
    const c = channels < RGB ? 0 : i % RGB;
    pixels[i] = toByte(values[Math.floor(i / RGB) * channels + c]!);
  }
  return pixels;
}

function describeNumbers(values: ShownArray['values']): string {
  const shown = Array.from(values.subarray(0, MAX_NUMBERS), (value) => String(Number(value.toPrecision(3))));
  return `${shown.join(' ')}${values.length > MAX_NUMBERS ? ` … (${values.length})` : ''}`;
}
