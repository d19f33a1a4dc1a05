// Are three frames in order? (Misra, Zitnick, Hebert 2016, "Shuffle and Learn: Unsupervised Learning using Temporal Order
// Verification".) Left out: which frames are taken and what is shown of them (augment/sequences), the head (heads/pairwise.ts).

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { Random } from '../../../shared/random/random.js';
import { guard } from '../../augment/guard.js';
import { boundsWithoutBars } from '../../augment/sequences/bars.js';
import { drawSequence, sequenceGuards, sequenceOptions } from '../../augment/sequences/draw-sequence.js';
import { describeStrength, strengthAt, strengthOption } from '../../augment/sequences/strength.js';
import { pairwiseHeadOptions, pairwiseHeadState, type PairwiseHead } from '../../heads/pairwise-state.js';
import { keepClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { drawTriple, NUM_FRAMES, NUM_SHOWN, type Triple } from './triples.js';

const guards = z.strictObject({
  ...sequenceGuards,
  jitter: guard('Move the crop of each frame a little by itself, so that a pan does not give the order away.'),
  channelSplit: guard('Show one random colour channel, the same for all frames, so that a drift of colours does not give the order away.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the order away.'),
  bars: guard('Crop clear of dark bars at the border of any frame, so that a bar that grows does not give the order away.'),
});

const options = z.strictObject({
  span: z.int().min(NUM_FRAMES - 1).max(1000).default(20).describe('Most frames of the decoded clip from the first to the last of the five that a puzzle is drawn from: larger is harder.'),
  apart: z.int().min(1).max(500).default(2).describe('Least frames from one that is out of order to the nearest of the two at the ends: small ones make puzzles that nobody can tell.'),
  positives: z.number().min(0.05).max(0.95).default(0.25).describe('Share of puzzles whose frames are in order. The loss and the accuracy weigh both answers alike.'),
  ...sequenceOptions,
  strength: strengthOption('jitter is', { start: 0, end: 1, from: 0.35, until: 1 }),
  ...pairwiseHeadOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type OrderVerificationOptions = z.output<typeof options>;

const NUM_ANSWERS = 2;

/** The head that the options ask for. */
export const headOf = (given: OrderVerificationOptions): PairwiseHead => ({ ...given, numFrames: NUM_SHOWN, numClasses: NUM_ANSWERS });

/** What a puzzle of each answer weighs (out of order, in order): both answers together weigh as much as they are many. */
export const weighAnswers = ({ positives }: OrderVerificationOptions): readonly [number, number] => [0.5 / (1 - positives), 0.5 / positives];

function bind(given: OrderVerificationOptions, { side, pixels }: DataSizes): Puzzle {
  const { span, apart, positives } = given;
  if (span < 2 * apart + 2) {
    throw new PretextError('BAD_RECIPE', `task.options.span: five frames, the outer ones ${apart} apart, do not fit into a span of ${span}, expected at least ${2 * apart + 2}.`);
  }
  const accepts = (times: readonly number[]): boolean => times[1]! - times[0]! >= apart && times[4]! - times[3]! >= apart;
  const described = describeStrength(given.strength);
  return {
    needs: { media: 'video' },
    arrays: { pictures: { type: 'float32', shape: [NUM_SHOWN, side, side, pixels.channels] }, isInOrder: { type: 'int32', shape: [1] }, ...described.arrays },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(NUM_ANSWERS) },
    equivariance: { isInOrder: keepClasses('isInOrder', NUM_ANSWERS) },
    metrics: { balancedAccuracy: { better: 'higher', chance: 1 / NUM_ANSWERS, ceiling: 1 }, ...described.metrics },
    state: (trunk) => pairwiseHeadState(headOf(given), trunk),

    draw({ frames, progress }, random, out) {
      const strength = strengthAt(given.strength, progress);
      let triple: Triple | undefined;
      const drawPlaces = (stream: Random): readonly number[] => (triple = drawTriple(stream, positives)).places;
      const drawn = drawSequence(frames, random, {
        options: { ...given, numFrames: NUM_FRAMES, channelOf: 'puzzle' },
        side,
        pixels,
        strength,
        drawPlaces,
        accepts,
        ...(given.guards.bars && { findBounds: boundsWithoutBars }),
      }, out['pictures'] as Float32Array);
      if (drawn === undefined) return false;
      setNumber(out['isInOrder'], triple!.isInOrder ? 1 : 0);
      if (out['strength']) setNumber(out['strength'], strength);
      return true;
    },
    explain: ({ pictures, isInOrder }) => ({
      answer: isInOrder![0] === 1 ? 'in order' : 'out of order',
      shown: { frames: { shape: [NUM_SHOWN, side, side, pixels.channels], values: pictures! } },
    }),
  };
}

export const orderVerification: TaskInfo<OrderVerificationOptions> = { options, paper: 'Misra, Zitnick, Hebert 2016', media: 'video', bind };
