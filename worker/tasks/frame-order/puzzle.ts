// Sorting frames (Lee, Huang, Singh, Yang 2017, "Unsupervised Representation Learning by Sorting Sequences", OPN):
// a few frames of one window in random places; the class is the order of places that sorts them, forward or backward.
// Left out: how motion is measured (motion.ts), which frames are taken (frame-window.ts), the head (heads/pairwise.ts).

import { z } from 'zod';
import type { Random } from '../../../shared/random/random.js';
import { splitChannel } from '../../augment/ops/colour.js';
import { copyCrop, type Corner } from '../../augment/ops/crop.js';
import { flipHorizontally } from '../../augment/ops/flip.js';
import { normaliseFixed, normalisePatch } from '../../augment/ops/normalise.js';
import { pictureOf } from '../../augment/ops/picture.js';
import type { Frames } from '../../decode/frames.js';
import { pickTimes } from './frame-window.js';
import { findScenes, GRID, shrinkFrames } from './motion.js';
import type { Thumbnail } from './motion.js';
import { classOf, listOrders } from './orders.js';
import type { Pixels } from '../../pixels.js';
import { pairwiseHeadState, type PairwiseHeadOptions } from '../../heads/pairwise-state.js';
import { setNumber, type Arrays, type DataSizes, type TaskInfo } from '../task.js';

const guard = (what: string): z.ZodDefault<z.ZodBoolean> => z.boolean().default(true).describe(what);

const guards = z.strictObject({
  cuts: guard('Never take one puzzle from both sides of a cut.'),
  duplicates: guard('Drop frames that repeat the one before; a still video then makes no puzzle.'),
  motion: guard('Choose windows, frames and regions where more moves more often.'),
  jitter: guard('Move the crop of each frame a little by itself, so that a pan does not give the order away.'),
  channelSplit: guard('Show one random colour channel instead of colours, so that their drift does not give the order away.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the order away.'),
});

const options = z.strictObject({
  numFrames: z.int().min(3).max(5).default(4).describe('Frames to sort; n frames make n! / 2 classes.'),
  span: z.int().min(2).max(1000).default(16).describe('Most frames of the decoded clip from the first to the last of a puzzle.'),
  jitter: z.number().min(0).max(0.5).default(0.06).describe('Farthest that a frame\'s crop moves by itself, as a share of the crop side.'),
  channelOf: z
    .enum(['frame', 'puzzle'])
    .default('frame')
    .describe('What the channel of channelSplit is drawn for. frame: each by itself, as in OPN. puzzle: all frames together, far easier where colours are strong; hides their drift only with guards.normalise.'),
  grid: z.int().min(1).max(16).default(4).describe('Side of the feature map that the head sees, in cells, after average pooling.'),
  frameUnits: z.int().min(1).max(4096).default(128).describe('Numbers that the head keeps of each frame.'),
  pairUnits: z.int().min(1).max(4096).default(64).describe('Numbers that the head keeps of each pair of frames.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the head\'s numbers that are silenced while training, 0..1.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type FrameOrderOptions = z.output<typeof options>;

/** Regions drawn for each puzzle, of which the liveliest is taken. */
const NUM_REGIONS = 4;

/** Whole number in low..high, both included; the middle when there is nothing between. */
const drawBetween = (random: Random, low: number, high: number): number =>
  high > low ? low + random.int(high - low + 1) : Math.max(0, Math.floor((low + high) / 2));

/** Sum of what changes between the chosen frames inside a crop. */
function motionInside(chosen: readonly Thumbnail[], { x, y }: Corner, side: number, { height, width }: Frames): number {
  const [left, right] = [Math.floor((x / width) * GRID), Math.ceil(((x + side) / width) * GRID)];
  const [top, bottom] = [Math.floor((y / height) * GRID), Math.ceil(((y + side) / height) * GRID)];
  let sum = 0;
  for (let k = 1; k < chosen.length; k++) {
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const cell = row * GRID + column;
        sum += Math.abs(chosen[k]![cell]! - chosen[k - 1]![cell]!);
      }
    }
  }
  return sum;
}

/** Top left corner of the common crop, `margin` pixels from the border where there is room. */
function drawRegion(
  frames: Frames,
  chosen: readonly Thumbnail[],
  random: Random,
  { side, margin, byMotion }: { readonly side: number; readonly margin: number; readonly byMotion: boolean },
): Corner {
  const draw = (): Corner => ({
    x: drawBetween(random, margin, frames.width - side - margin),
    y: drawBetween(random, margin, frames.height - side - margin),
  });
  const corners = Array.from({ length: byMotion ? NUM_REGIONS : 1 }, draw);
  const scores = corners.map((corner) => motionInside(chosen, corner, side, frames));
  return corners[scores.indexOf(Math.max(...scores))]!;
}

const clamp = (value: number, highest: number): number => Math.min(Math.max(value, 0), highest);

interface Drawing {
  readonly pixels: Pixels;
  readonly options: FrameOrderOptions;
  readonly side: number;
}

function draw(frames: Frames, random: Random, { options, side, pixels }: Drawing, out: Arrays): boolean {
  const { guards, numFrames, channelOf } = options;
  const { channels } = pixels;
  if (frames.numFrames < numFrames || Math.min(frames.height, frames.width) < side) return false;
  const thumbnails = shrinkFrames(frames);
  const times = pickTimes(findScenes(thumbnails, guards), random, { numFrames, span: options.span, byMotion: guards.motion });
  if (times === undefined) return false;

  const reach = guards.jitter ? Math.round(options.jitter * side) : 0;
  const chosen = times.map((time) => thumbnails[time]!);
  const region = drawRegion(frames, chosen, random, { side, margin: reach, byMotion: guards.motion });
  const isMirrored = random.chance(0.5);
  const order = random.permutation(numFrames);
  const commonChannel = channelOf === 'puzzle' ? random.int(channels) : undefined;
  const length = side * side * channels;
  order.forEach((place, k) => {
    const patch = (out['pictures'] as Float32Array).subarray(place * length, (place + 1) * length);
    const x = clamp(region.x + drawBetween(random, -reach, reach), frames.width - side);
    const y = clamp(region.y + drawBetween(random, -reach, reach), frames.height - side);
    copyCrop(pictureOf(frames, times[k]!), { x, y }, side, patch);
    if (isMirrored) flipHorizontally(patch, side);
    if (guards.channelSplit) splitChannel(patch, commonChannel ?? random.int(channels), channels);
    if (guards.normalise) normalisePatch(patch);
    else normaliseFixed(patch, pixels);
  });
  setNumber(out['order'], classOf(order, listOrders(numFrames)));
  return true;
}

/** The head that the options ask for. */
export const headOf = (options: FrameOrderOptions): PairwiseHeadOptions => ({ ...options, numClasses: listOrders(options.numFrames).length });

function bind(options: FrameOrderOptions, { side, pixels }: DataSizes): ReturnType<TaskInfo['bind']> {
  const { numFrames } = options;
  return {
    needs: { media: 'video' },
    arrays: { pictures: { type: 'float32', shape: [numFrames, side, side, pixels.channels] }, order: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    metrics: { accuracy: { better: 'higher', chance: 1 / listOrders(numFrames).length, ceiling: 1 } },
    state: (trunk) => pairwiseHeadState(headOf(options), trunk),
    draw: ({ frames }, random, out) => draw(frames, random, { options, side, pixels }, out),
  };
}

export const frameOrder: TaskInfo<FrameOrderOptions> = {
  options,
  paper: 'Lee, Huang, Singh, Yang 2017',
  media: 'video',
  isDefault: true,
  bind,
};
