// Clips made pixel by pixel, in which a test knows everything.

import type { Random } from '../../shared/random/random.js';
import type { Frames } from '../../worker/decode/frames.js';

export interface ClipSize {
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}

/** A clip whose value at each place is what `valueAt` says, rounded and cut to 0..255. */
export function createClip(
  { numFrames, height, width }: ClipSize,
  valueAt: (frame: number, y: number, x: number, channel: number) => number,
): Frames {
  const dataNHWC = new Uint8Array(new SharedArrayBuffer(numFrames * height * width * 3));
  let at = 0;
  for (let frame = 0; frame < numFrames; frame++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++) dataNHWC[at++] = Math.min(Math.max(Math.round(valueAt(frame, y, x, c)), 0), 255);
      }
    }
  }
  return { dataNHWC, numFrames, height, width };
}

/** Whole numbers in 0..limit-1, coarse but quick: for the pixels of many clips. */
export function createNoise(random: Random): (limit: number) => number {
  let state = random.uint32() | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) % limit;
  };
}

/** Greys of blocks, by scene and place: each block is plainly another one in the next scene. */
export function drawScenes({ height, width }: ClipSize, numScenes: number, noise: ReturnType<typeof createNoise>): (scene: number, y: number, x: number) => number {
  const columns = Math.ceil(width / 8);
  let greys = Array.from({ length: Math.ceil(height / 8) * columns }, () => noise(200));
  const scenes = Array.from({ length: numScenes }, () => (greys = greys.map((grey) => (grey + 60 + noise(80)) % 200)));
  return (scene, y, x) => scenes[scene]![Math.floor(y / 8) * columns + Math.floor(x / 8)]!;
}

/** Scenes of so many frames each: blocks that stand still below noise, others after each cut. */
export function createScenes(size: ClipSize, sceneLength: number, noise: ReturnType<typeof createNoise>): Frames {
  const greyAt = drawScenes(size, Math.ceil(size.numFrames / sceneLength), noise);
  return createClip(size, (frame, y, x) => 20 + greyAt(Math.floor(frame / sceneLength), y, x) + noise(30));
}

/** A bright square with a dark border that crosses a gray noisy ground from left to right. */
export function createMovingSquare(size: ClipSize, random: Random, square = 16): Frames {
  const ground = Float32Array.from({ length: size.height * size.width }, () => 90 + random.int(40));
  const top = random.int(size.height - square);
  return createClip(size, (frame, y, x) => {
    const left = (frame / (size.numFrames - 1)) * (size.width - square);
    const [row, column] = [y - top, x - Math.round(left)];
    if (row < 0 || row >= square || column < 0 || column >= square) return ground[y * size.width + x]!;
    return row < 2 || column < 2 || row >= square - 2 || column >= square - 2 ? 20 : 230;
  });
}
