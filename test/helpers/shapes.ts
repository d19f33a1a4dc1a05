// Made pictures of shapes on a ground, of which any may be there or not, with a class for each pixel, 0 for the ground: for tests of what is learnt from labels.

import { createRandom, type Random } from '../../shared/random/random.js';
import type { Media } from '../../worker/decode/media.js';
import { createClip } from './clips.js';

export const SHAPES = ['bars', 'disc', 'cross'];
const SIDE = 24;

type IsInside = (dx: number, dy: number) => boolean;

const isNear = (dx: number, dy: number, size: number): boolean => Math.abs(dx) <= size && Math.abs(dy) <= size;
const INSIDE: readonly IsInside[] = [
  (dx, dy) => isNear(dx, dy, 4) && (dy + 4) % 4 < 2,
  (dx, dy) => dx * dx + dy * dy <= 16,
  (dx, dy) => isNear(dx, dy, 4) && (Math.abs(dx) < 2 || Math.abs(dy) < 2),
];

/** At any place and of any bright colour; a later one hides what lies below it. */
function paintShapes(item: number, isThere: (number: number, random: Random) => boolean): Media & { readonly labels: readonly number[] } {
  const random = createRandom({ seed: 4, epoch: 0, sample: item, purpose: 'test shapes' });
  const ground = [0, 1, 2].map(() => random.int(100));
  const shapes = INSIDE.map((isInside, number) => ({
    isThere: isThere(number, random), number, isInside, left: 5 + random.int(14), top: 5 + random.int(14), colour: [0, 1, 2].map(() => 150 + random.int(106)),
  })).filter((shape) => shape.isThere);
  const shapeAt = (y: number, x: number) => shapes.findLast(({ isInside, left, top }) => isInside(x - left, y - top));
  const frames = createClip({ numFrames: 1, height: SIDE, width: SIDE }, (_frame, y, x, c) => {
    const value = (shapeAt(y, x)?.colour ?? ground)[c]! + random.int(40) - 20;
    return Math.min(255, Math.max(0, value));
  });
  const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (shapeAt(Math.floor(i / SIDE), i % SIDE)?.number ?? -1) + 1);
  return { frames, item, labels: shapes.map(({ number }) => number), mask };
}

/** Each shape is there in half of the items. */
export const createShapes = (item: number): Media => paintShapes(item, (_number, random) => random.chance(0.5));

/** One shape, each in a third of the items. */
export function createShape(item: number): Media {
  const { frames, labels } = paintShapes(item, (number) => number === item % SHAPES.length);
  return { frames, item, label: labels[0]! };
}
