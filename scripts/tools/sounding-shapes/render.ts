// What is seen and heard in a video of the set: one shape that moves, and a note whose pitch follows the kind of shape. Nothing else
// goes with the kind, and little tells one video from another, so that it does not help to learn videos by heart: the colours are
// others in every frame, and notes of a kind differ in loudness, tuning and tremolo alone.

import type { Random } from '../../../shared/random/random.js';
import type { Sound } from '../../../worker/decode/media.js';
import { createMotion } from '../sample-videos/motion.js';

interface ShapeKind {
  /** Signed distance to the edge, negative inside, of a shape of about radius 1. */
  readonly distance: (u: number, v: number) => number;
  readonly pitchHz: number;
}

const box = (u: number, v: number, halfU: number, halfV: number): number => Math.max(Math.abs(u) - halfU, Math.abs(v) - halfV);

/** Pitches are half an octave and more apart. */
export const SHAPE_KINDS: Readonly<Record<string, ShapeKind>> = {
  disc: { distance: (u, v) => Math.hypot(u, v) - 1, pitchHz: 220 },
  square: { distance: (u, v) => box(u, v, 0.85, 0.85), pitchHz: 350 },
  ring: { distance: (u, v) => Math.abs(Math.hypot(u, v) - 0.8) - 0.2, pitchHz: 560 },
  cross: { distance: (u, v) => Math.min(box(u, v, 1.1, 0.32), box(u, v, 0.32, 1.1)), pitchHz: 900 },
  triangle: { distance: (u, v) => Math.max(v - 0.7, 0.87 * Math.abs(u) - 0.5 * v - 0.6), pitchHz: 1440 },
  bar: { distance: (u, v) => box(u, v, 1.2, 0.28), pitchHz: 2300 },
};

export interface ShapeVideo {
  readonly kind: string;
  /** Number of the video: which motion it gets. */
  readonly index: number;
  readonly side: number;
  readonly numFrames: number;
}

type Colour = readonly [number, number, number];

const drawColour = (random: Random, low: number, high: number): Colour =>
  [random.uniform(low, high), random.uniform(low, high), random.uniform(low, high)];

/** All frames, RGB bytes [numFrames, side, side, 3]. */
export function renderShape({ kind, index, side, numFrames }: ShapeVideo, random: Random): Uint8Array {
  const { distance } = SHAPE_KINDS[kind]!;
  const motion = createMotion(index, random);
  const tilt = random.uniform(0, 2 * Math.PI);
  const grow = random.uniform(1.1, 1.5);
  const frames = new Uint8Array(numFrames * side * side * 3);
  let to = 0;
  for (let frame = 0; frame < numFrames; frame++) {
    const ground = drawColour(random, 0, 90);
    const colour = drawColour(random, 130, 240);
    const pose = motion(frame / Math.max(1, numFrames - 1));
    const radius = Math.min(0.3, Math.max(0.14, pose.radius * grow)) * side;
    const [cos, sin] = [Math.cos(tilt + pose.angle) / radius, Math.sin(tilt + pose.angle) / radius];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [dx, dy] = [x - pose.x * side, y - pose.y * side];
        const cover = Math.min(1, Math.max(0, 0.5 - distance(dx * cos + dy * sin, dy * cos - dx * sin) * radius));
        for (let c = 0; c < 3; c++) frames[to++] = ground[c]! * (1 - cover) + colour[c]! * cover + random.int(12);
      }
    }
  }
  return frames;
}

/** Strengths of the note and its overtones. */
const PARTIALS = [1, 0.3, 0.1];
const NOISE = 0.1;

/** The note of a kind: a little out of tune, with a tremolo and some noise, as loud as it happens to be. */
export function soundShape(kind: string, seconds: number, rateHz: number, random: Random): Sound {
  const pitchHz = SHAPE_KINDS[kind]!.pitchHz * random.uniform(0.97, 1.03);
  const level = random.uniform(0.05, 0.4);
  const [tremoloHz, tremolo] = [random.uniform(1, 6), random.uniform(0, 0.6)];
  const samples = Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, i) => {
    const turn = (2 * Math.PI * i) / rateHz;
    const note = PARTIALS.reduce((sum, strength, k) => sum + strength * Math.sin(turn * pitchHz * (k + 1)), 0);
    return level * (note * (1 - tremolo * (0.5 + 0.5 * Math.sin(turn * tremoloHz))) + NOISE * random.uniform(-1, 1));
  });
  return { samples, rateHz };
}
