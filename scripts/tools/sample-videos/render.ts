// Draws the frames of a sample video: one textured object over a textured background. The order of frames must show in where
// things are and in nothing else: object and background have the same mean colour, mid grey, and the exposure flickers.

import type { Random } from '../../../shared/random/random.js';
import { createMotion, type Motion } from './motion.js';

/** A class of sample videos, which a linear probe should recognise. Shape and pattern belong to the class; colours are random. */
interface ObjectClass {
  /** Signed distance to the edge, negative inside, of a shape of about radius 1. */
  readonly distance: (u: number, v: number) => number;
  /** Which of the two colours. */
  readonly pattern: (u: number, v: number) => boolean;
}

const boxDistance = (u: number, v: number, halfU: number, halfV: number): number => Math.max(Math.abs(u) - halfU, Math.abs(v) - halfV);

export const OBJECT_CLASSES: Readonly<Record<string, ObjectClass>> = {
  'striped-disc': {
    distance: (u, v) => Math.hypot(u, v) - 1,
    pattern: (u) => Math.sin(8 * u) > 0,
  },
  'chequered-square': {
    distance: (u, v) => boxDistance(u, v, 0.9, 0.9),
    pattern: (u, v) => Math.sin(6 * u) * Math.sin(6 * v) > 0,
  },
  'ringed-cross': {
    distance: (u, v) => Math.min(boxDistance(u, v, 1.1, 0.4), boxDistance(u, v, 0.4, 1.1)),
    pattern: (u, v) => Math.sin(10 * Math.hypot(u, v)) > 0,
  },
  'halved-triangle': {
    distance: (u, v) => Math.max(v - 0.7, 0.87 * Math.abs(u) - 0.5 * v - 0.6),
    pattern: (u) => u > 0,
  },
};

export interface VideoSpec {
  readonly objectClass: string;
  /** Number of the video: which motion it gets. */
  readonly index: number;
  readonly side: number;
  readonly numFrames: number;
}

type Colour = readonly [number, number, number];

interface Scene {
  readonly objectClass: ObjectClass;
  readonly motion: Motion;
  /** One of the object's colours; the other is its complement, so that their mean is mid grey. */
  readonly colour: Colour;
  readonly tile: Uint8Array;
  /** Pixels that the background moves by over the video. */
  readonly pan: readonly [number, number];
}

// A power of two, so that wrapping around is a mask.
const TILE_SIDE = 256;
const TILE_MASK = TILE_SIDE - 1;

/** All frames of a video, RGB bytes [numFrames, side, side, 3]. Equal streams of random numbers give equal bytes. */
export function renderVideo(spec: VideoSpec, random: Random): Uint8Array {
  const { side, numFrames } = spec;
  const scene = createScene(spec, random);
  const frames = new Uint8Array(numFrames * side * side * 3);
  for (let i = 0; i < numFrames; i++) {
    const frame = frames.subarray(i * side * side * 3, (i + 1) * side * side * 3);
    const time = i / Math.max(1, numFrames - 1);
    drawBackground(frame, side, scene, time);
    drawObject(frame, side, scene, time);
    expose(frame, random);
  }
  return frames;
}

function createScene({ objectClass, index, side }: VideoSpec, random: Random): Scene {
  const motion = createMotion(index, random);
  const drawLevel = (): number => (random.chance(0.5) ? random.uniform(0, 60) : random.uniform(195, 255));
  const colour: Colour = [drawLevel(), drawLevel(), drawLevel()];
  // Every third camera moves, slower than the object.
  const reach = index % 3 === 2 ? 0.2 * side : 0;
  const pan = [random.uniform(-reach, reach), random.uniform(-reach, reach)] as const;
  return { objectClass: OBJECT_CLASSES[objectClass]!, motion, colour, tile: createTile(random), pan };
}

/** A texture that wraps around: smooth noise at two scales in each channel, around mid grey. */
function createTile(random: Random): Uint8Array {
  const tile = new Uint8Array(TILE_SIDE * TILE_SIDE * 3);
  for (let channel = 0; channel < 3; channel++) {
    const coarse = createNoise(8, random);
    const fine = createNoise(32, random);
    for (let i = 0; i < TILE_SIDE * TILE_SIDE; i++) tile[i * 3 + channel] = 128 + 70 * coarse[i]! + 45 * fine[i]!;
  }
  return tile;
}

/** Random levels in -1..1 on a grid, interpolated in between. */
function createNoise(gridSide: number, random: Random): Float64Array {
  const levels = Float64Array.from({ length: gridSide * gridSide }, () => random.uniform(-1, 1));
  const noise = new Float64Array(TILE_SIDE * TILE_SIDE);
  const step = gridSide / TILE_SIDE;
  for (let y = 0; y < TILE_SIDE; y++) {
    const row = Math.floor(y * step);
    const down = y * step - row;
    const [above, below] = [row * gridSide, ((row + 1) % gridSide) * gridSide];
    for (let x = 0; x < TILE_SIDE; x++) {
      const left = Math.floor(x * step);
      const right = (left + 1) % gridSide;
      const across = x * step - left;
      const top = levels[above + left]! * (1 - across) + levels[above + right]! * across;
      const bottom = levels[below + left]! * (1 - across) + levels[below + right]! * across;
      noise[y * TILE_SIDE + x] = top * (1 - down) + bottom * down;
    }
  }
  return noise;
}

function drawBackground(frame: Uint8Array, side: number, { tile, pan }: Scene, time: number): void {
  const shiftX = Math.round(pan[0] * time);
  const shiftY = Math.round(pan[1] * time);
  let to = 0;
  for (let y = 0; y < side; y++) {
    const row = ((y + shiftY) & TILE_MASK) * TILE_SIDE;
    for (let x = 0; x < side; x++) {
      const from = (row + ((x + shiftX) & TILE_MASK)) * 3;
      frame[to++] = tile[from]!;
      frame[to++] = tile[from + 1]!;
      frame[to++] = tile[from + 2]!;
    }
  }
}

function drawObject(frame: Uint8Array, side: number, { objectClass, motion, colour }: Scene, time: number): void {
  const pose = motion(time);
  const [centreX, centreY, radius] = [pose.x * side, pose.y * side, pose.radius * side];
  const [cos, sin] = [Math.cos(pose.angle) / radius, Math.sin(pose.angle) / radius];
  // The widest shape, the square, reaches 0.9 * sqrt(2) from its centre.
  const reach = Math.ceil(radius * 1.3) + 1;
  for (let y = Math.max(0, Math.floor(centreY - reach)); y < Math.min(side, centreY + reach); y++) {
    for (let x = Math.max(0, Math.floor(centreX - reach)); x < Math.min(side, centreX + reach); x++) {
      const [dx, dy] = [x - centreX, y - centreY];
      const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin];
      // A pixel on the edge is mixed: half a pixel of softness on each side.
      const cover = Math.min(1, 0.5 - objectClass.distance(u, v) * radius);
      if (cover <= 0) continue;
      const isFirst = objectClass.pattern(u, v);
      const at = (y * side + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const level = isFirst ? colour[channel]! : 255 - colour[channel]!;
        frame[at + channel] = frame[at + channel]! * (1 - cover) + level * cover;
      }
    }
  }
}

/** Gives a frame a brightness and contrast of its own. Small drifts of both would tell the order of frames otherwise. */
function expose(frame: Uint8Array, random: Random): void {
  const brightness = random.uniform(-4, 4);
  const contrast = random.uniform(0.9, 1.1);
  const exposed = Uint8ClampedArray.from({ length: 256 }, (_, level) => 128 + brightness + (level - 128) * contrast);
  for (let i = 0; i < frame.length; i++) frame[i] = exposed[frame[i]!]!;
}
