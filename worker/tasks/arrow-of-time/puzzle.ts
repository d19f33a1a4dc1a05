// Forwards or backwards (Wei, Lim, Zisserman, Freeman 2018, "Learning and Using the Arrow of Time"): a few frames of one window in
// order of time or in reverse; the class says which. Unlike there, frames are compared, not optical flow.
// Left out: which frames are taken and what is shown of them (augment/sequences), the head (heads/pairwise.ts).

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { Random } from '../../../shared/random/random.js';
import { guard } from '../../augment/guard.js';
import { boundsWithoutBars } from '../../augment/sequences/bars.js';
import { drawSequence, sequenceGuards, sequenceOptions } from '../../augment/sequences/draw-sequence.js';
import { describeStrength, strengthAt, strengthOption } from '../../augment/sequences/strength.js';
import { pairwiseHeadOptions, pairwiseHeadState, type PairwiseHead } from '../../heads/pairwise-state.js';
import { turnClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const guards = z.strictObject({
  ...sequenceGuards,
  jitter: guard('Move the crop of each frame a little by itself, so that pans that all go one way do not give the direction away.'),
  channelSplit: guard('Show one random colour channel, the same for all frames, so that a drift of colours does not give the direction away.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the direction away.'),
  bars: guard('Crop clear of dark bars at the border of any frame, so that a bar that grows does not give the direction away.'),
});

const options = z.strictObject({
  numFrames: z.int().min(2).max(16).default(5).describe('Frames of a puzzle.'),
  span: z.int().min(1).max(1000).default(16).describe('Most frames of the decoded clip from the first to the last of a puzzle; at least numFrames - 1.'),
  ...sequenceOptions,
  strength: strengthOption('jitter is', { start: 0, end: 1, from: 0.35, until: 1 }),
  ...pairwiseHeadOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type ArrowOptions = z.output<typeof options>;

const NUM_DIRECTIONS = 2;

/** The head that the options ask for. */
export const headOf = (given: ArrowOptions): PairwiseHead => ({ ...given, numClasses: NUM_DIRECTIONS });

function bind(given: ArrowOptions, { side, pixels }: DataSizes): Puzzle {
  const { numFrames, span } = given;
  if (span < numFrames - 1) {
    throw new PretextError('BAD_RECIPE', `task.options.span: ${numFrames} frames do not fit into a span of ${span}, expected at least ${numFrames - 1}.`);
  }
  const places = Array.from({ length: numFrames }, (_, i) => i);
  const reversed = [...places].reverse();
  const described = describeStrength(given.strength);
  return {
    needs: { media: 'video' },
    arrays: { pictures: { type: 'float32', shape: [numFrames, side, side, pixels.channels] }, direction: { type: 'int32', shape: [1] }, ...described.arrays },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(NUM_DIRECTIONS) },
    equivariance: { direction: turnClasses('direction', NUM_DIRECTIONS) },
    metrics: { accuracy: { better: 'higher', chance: 1 / NUM_DIRECTIONS, ceiling: 1 }, ...described.metrics },
    state: (trunk) => pairwiseHeadState(headOf(given), trunk),

    draw({ frames, progress }, random, out) {
      const strength = strengthAt(given.strength, progress);
      const drawPlaces = (stream: Random): number[] => (stream.chance(0.5) ? reversed : places);
      const sequence = {
        options: { ...given, channelOf: 'puzzle' as const },
        side,
        pixels,
        strength,
        drawPlaces,
        ...(given.guards.bars && { findBounds: boundsWithoutBars }),
      };
      const drawn = drawSequence(frames, random, sequence, out['pictures'] as Float32Array);
      if (drawn === undefined) return false;
      setNumber(out['direction'], drawn === reversed ? 1 : 0);
      if (out['strength']) setNumber(out['strength'], strength);
      return true;
    },
    explain: ({ pictures, direction }) => ({
      answer: direction![0] === 1 ? 'backwards' : 'forwards',
      shown: { pictures: { shape: [numFrames, side, side, pixels.channels], values: pictures! } },
    }),
  };
}

export const arrowOfTime: TaskInfo<ArrowOptions> = { options, paper: 'Wei, Lim, Zisserman, Freeman 2018', media: 'video', bind };
