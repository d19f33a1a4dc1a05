// Sorting frames (Lee, Huang, Singh, Yang 2017, "Unsupervised Representation Learning by Sorting Sequences", OPN):
// a few frames of one window in random places; the class is the order of places that sorts them, forward or backward.
// Left out: which frames are taken and what is shown of them (augment/sequences), the head (heads/pairwise.ts).

import { z } from 'zod';
import type { Random } from '../../../shared/random/random.js';
import { guard } from '../../augment/guard.js';
import { drawSequence, sequenceGuards, sequenceOptions } from '../../augment/sequences/draw-sequence.js';
import { describeStrength, strengthAt, strengthOption } from '../../augment/sequences/strength.js';
import { pairwiseHeadOptions, pairwiseHeadState, type PairwiseHead } from '../../heads/pairwise-state.js';
import { permuteClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type TaskInfo } from '../task.js';
import { classOf, listOrders } from './orders.js';

const guards = z.strictObject({
  ...sequenceGuards,
  jitter: guard('Move the crop of each frame a little by itself, so that a pan does not give the order away.'),
  channelSplit: guard('Show one random colour channel instead of colours, so that their drift does not give the order away.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the order away.'),
});

const options = z.strictObject({
  numFrames: z.int().min(3).max(5).default(4).describe('Frames to sort; n frames make n! / 2 classes.'),
  span: z.int().min(2).max(1000).default(16).describe('Most frames of the decoded clip from the first to the last of a puzzle.'),
  ...sequenceOptions,
  channelOf: z
    .enum(['frame', 'puzzle'])
    .default('frame')
    .describe('What the channel of channelSplit is drawn for. frame: each by itself, as in OPN. puzzle: all frames together, far easier where colours are strong; hides their drift only with guards.normalise.'),
  strength: strengthOption('jitter and a channel for each frame by itself are', { start: 0, end: 1, from: 0.35, until: 1 }),
  ...pairwiseHeadOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type FrameOrderOptions = z.output<typeof options>;

/** The head that the options ask for. */
export const headOf = (options: FrameOrderOptions): PairwiseHead => ({ ...options, numClasses: listOrders(options.numFrames).length });

function bind(options: FrameOrderOptions, { side, pixels }: DataSizes): ReturnType<TaskInfo['bind']> {
  const { numFrames } = options;
  const described = describeStrength(options.strength);
  const orders = listOrders(numFrames);
  return {
    needs: { media: 'video' },
    arrays: {
      pictures: { type: 'float32', shape: [numFrames, side, side, pixels.channels] },
      order: { type: 'int32', shape: [1] },
      // Where each frame stands, earliest first: a class is an order or its reverse, and does not say which.
      places: { type: 'int32', shape: [numFrames] },
      ...described.arrays,
    },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(orders.length) },
    equivariance: { order: permuteClasses({ orders, classOf: (order) => classOf(order, orders), orderOf: ({ places }) => places! }) },
    metrics: { accuracy: { better: 'higher', chance: 1 / orders.length, ceiling: 1 }, ...described.metrics },
    state: (trunk) => pairwiseHeadState(headOf(options), trunk),

    draw({ frames, progress }, random, out) {
      const strength = strengthAt(options.strength, progress);
      const sequence = { options, side, pixels, strength, drawPlaces: (stream: Random) => stream.permutation(numFrames) };
      const order = drawSequence(frames, random, sequence, out['pictures'] as Float32Array);
      if (order === undefined) return false;
      setNumber(out['order'], classOf(order, orders));
      out['places']!.set(order);
      if (out['strength']) setNumber(out['strength'], strength);
      return true;
    },
    explain: ({ pictures, order }) => ({
      answer: `earliest to latest at places ${orders[order![0]!]!.join(' ')}, or the other way round`,
      shown: { pictures: { shape: [numFrames, side, side, pixels.channels], values: pictures! } },
    }),
  };
}

export const frameOrder: TaskInfo<FrameOrderOptions> = {
  options,
  paper: 'Lee, Huang, Singh, Yang 2017',
  media: 'video',
  isDefault: true,
  bind,
};
