// Puzzles of frame order, and probes that try to solve them by a shortcut.

import { createRandom } from '../../shared/random/random.js';
import type { Random } from '../../shared/random/random.js';
import { createArrays } from '../../worker/augment/arrays.js';
import type { Frames } from '../../worker/decode/frames.js';
import { classOf, listOrders } from '../../worker/tasks/frame-order/orders.js';
import { frameOrder, type FrameOrderOptions } from '../../worker/tasks/frame-order/puzzle.js';
import type { Arrays } from '../../worker/tasks/task.js';
import { createNoise } from './clips.js';
import { freshRandom } from './numerics.js';
import { bindTask } from './puzzles.js';

export const SIDE = 32;

export type Noise = ReturnType<typeof createNoise>;

export const optionsOf = (given: object = {}): FrameOrderOptions => frameOrder.options.parse(given);
export const streamOf = (sample: number): Random => createRandom({ seed: 5, epoch: 0, sample, purpose: 'prepare' });

export const createOut = (options: FrameOrderOptions): Arrays => createArrays(bindTask(frameOrder, options, SIDE), 1).arrays;

export const draw = (frames: Frames, random: Random, options: FrameOrderOptions, out: Arrays): boolean =>
  bindTask(frameOrder, options, SIDE).draw({ frames, item: 0 }, random, out);

export const picturesOf = (out: Arrays): Float32Array => out['pictures'] as Float32Array;

/** One puzzle as its frames and its class; throws where there is none. */
export function drawPuzzle(frames: Frames, random: Random, options: FrameOrderOptions): { patches: Float32Array[]; target: number } {
  const out = createOut(options);
  if (!draw(frames, random, options, out)) throw new Error('no puzzle');
  const pictures = picturesOf(out);
  const length = pictures.length / options.numFrames;
  const patches = Array.from({ length: options.numFrames }, (_, i) => pictures.slice(i * length, (i + 1) * length));
  return { patches, target: out['order']![0]! };
}

export const meanOf = (patch: Float32Array): number => patch.reduce((a, b) => a + b, 0) / patch.length;

/** What a probe scores that sorts frames by one number each, over fresh clips. */
export function scoreProbe(createFrames: (noise: Noise) => Frames, measure: (patch: Float32Array) => number, options: FrameOrderOptions, numPuzzles: number): number {
  const { random } = freshRandom();
  const noise = createNoise(random);
  const orders = listOrders(options.numFrames);
  let numRight = 0;
  for (let i = 0; i < numPuzzles; i++) {
    const { patches, target } = drawPuzzle(createFrames(noise), random, options);
    const measured = patches.map(measure);
    const places = [...measured.keys()].sort((a, b) => measured[a]! - measured[b]! || a - b);
    if (classOf(places, orders) === target) numRight += 1;
  }
  return numRight / numPuzzles;
}

/** Chance plus or minus four binomial deviations: one failure in about 16000 runs. */
export function isChance(score: number, options: FrameOrderOptions, numPuzzles: number): boolean {
  const chance = bindTask(frameOrder, options, SIDE).metrics['accuracy']!.chance!;
  return Math.abs(score - chance) < 4 * Math.sqrt((chance * (1 - chance)) / numPuzzles);
}

export const size = { numFrames: 16, height: 40, width: 52 };
