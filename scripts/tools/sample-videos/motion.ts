// How the object of a sample video moves: every kind goes one way only, so that the order of frames can be told (up to its
// reverse) from any part of it. Nothing bounces, stops or repeats.

import type { Random } from '../../../shared/random/random.js';

/** Lengths as shares of the picture's side. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Radians. */
  readonly angle: number;
}

/** The pose at a time in 0..1 of the video. */
export type Motion = (time: number) => Pose;

/** Draws what varies between videos of one kind. */
type MotionKind = (random: Random, radius: number) => Motion;

const between = (from: number, to: number, time: number): number => from + (to - from) * time;

const slide: MotionKind = (random, radius) => {
  const direction = random.uniform(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(direction), Math.sin(direction)];
  const offset = random.uniform(-0.12, 0.12);
  const turn = random.uniform(-0.6, 0.6);
  return (time) => {
    const along = between(-0.34, 0.34, time);
    return { x: 0.5 + along * dx - offset * dy, y: 0.5 + along * dy + offset * dx, radius, angle: turn * time };
  };
};

const arc: MotionKind = (random, radius) => {
  const height = random.uniform(0.25, 0.45);
  const toRight = random.chance(0.5);
  return (time) => {
    const along = between(0.16, 0.84, time);
    return { x: toRight ? along : 1 - along, y: 0.75 - height * 4 * time * (1 - time), radius, angle: 2 * time };
  };
};

const fall: MotionKind = (random, radius) => {
  const from = random.uniform(0.25, 0.75);
  const drift = random.uniform(-0.15, 0.15);
  return (time) => ({ x: from + drift * time, y: between(0.14, 0.86, 0.4 * time + 0.6 * time * time), radius, angle: drift * 4 * time });
};

const swing: MotionKind = (random, radius) => {
  const start = random.uniform(0, 2 * Math.PI);
  const sweep = (random.chance(0.5) ? 1 : -1) * random.uniform(2.6, 3.6);
  return (time) => {
    const angle = start + sweep * time;
    return { x: 0.5 + 0.3 * Math.cos(angle), y: 0.5 + 0.3 * Math.sin(angle), radius, angle };
  };
};

const grow: MotionKind = (random, radius) => {
  const [x, y] = [random.uniform(0.42, 0.58), random.uniform(0.42, 0.58)];
  const outward = random.chance(0.5);
  // Geometric, so that it grows by the same share in every part.
  return (time) => ({ x, y, radius: radius * 0.55 * 4 ** (outward ? time : 1 - time), angle: 0.8 * time });
};

const KINDS: readonly MotionKind[] = [slide, arc, fall, swing, grow];

/** A motion of a kind that goes round with `index`. */
export function createMotion(index: number, random: Random): Motion {
  return KINDS[index % KINDS.length]!(random, random.uniform(0.13, 0.19));
}
