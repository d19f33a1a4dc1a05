// How fast does a clip run? (Wang, Jiao, Liu 2020, "Self-Supervised Video Representation Learning by Pace Prediction".) Frames of one clip,
// every one, every second and so on; the class says which. Clips that are too short make no puzzle, where the paper begins them anew: a
// jump back would tell how soon the end came.

import { z } from 'zod';
import type { Random } from '../../../shared/random/random.js';
import { guard } from '../../augment/guard.js';
import { jitterColour, splitChannel } from '../../augment/ops/colour.js';
import { normaliseFixed, normalisePatch } from '../../augment/ops/normalise.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { copyView, drawView, sequenceGuards, type View } from '../../augment/sequences/draw-sequence.js';
import { findScenes, shrinkFrames } from '../../augment/sequences/motion.js';
import { pickSteadyWindow } from '../../augment/sequences/steady-window.js';
import type { Frames } from '../../decode/frames.js';
import { pairwiseHeadOptions, pairwiseHeadState, type PairwiseHead } from '../../heads/pairwise-state.js';
import type { Pixels } from '../../pixels.js';
import { keepClasses } from '../equivariance.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const guards = z.strictObject({
  ...sequenceGuards,
  duplicates: guard('Take no window in which a frame repeats the one before: frames that come twice tell the pace. A still video then makes no puzzle.'),
  motion: guard('Choose windows and regions where more moves more often.'),
  colour: guard('Change brightness, contrast and saturation of each frame by itself, so that a drift of them does not give the pace away.'),
  channelSplit: guard('Show one random colour channel, the same for all frames, so that a drift of colours does not give the pace away.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the pace away.'),
});

const options = z.strictObject({
  paces: z.int().min(2).max(8).default(4).describe('Classes: a clip shows every frame, every second one, and so on up to this.'),
  numFrames: z.int().min(3).max(16).default(4).describe('Frames of a puzzle. A clip must have paces * (numFrames - 1) + 1 frames without a cut.'),
  colourJitter: z.number().min(0).max(1).default(0.4).describe('Strength of the changes of guards.colour, 0..1.'),
  ...pairwiseHeadOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type PaceOptions = z.output<typeof options>;

/** The head that the options ask for: how much frames differ is what tells. */
export const headOf = (given: PaceOptions): PairwiseHead => ({ ...given, numClasses: given.paces, keepsScale: true });

interface Showing {
  readonly given: PaceOptions;
  readonly pixels: Pixels;
  readonly view: View;
  readonly channel: number;
}

function showFrame(frames: Frames, time: number, { given: { guards, colourJitter }, pixels, view, channel }: Showing, random: Random): Float32Array {
  const patch = new Float32Array(view.side * view.side * pixels.channels);
  copyView(pictureOf(frames, time), view, random, patch);
  if (guards.colour) jitterColour(patch, random, colourJitter, pixels.channels);
  if (guards.channelSplit) splitChannel(patch, channel, pixels.channels);
  if (guards.normalise) normalisePatch(patch);
  else normaliseFixed(patch, pixels);
  return patch;
}

function bind(given: PaceOptions, { side, pixels }: DataSizes): Puzzle {
  const { paces, numFrames } = given;
  const windowLength = paces * (numFrames - 1) + 1;
  return {
    needs: { media: 'video' },
    arrays: { pictures: { type: 'float32', shape: [numFrames, side, side, pixels.channels] }, pace: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(paces) },
    equivariance: { pace: keepClasses('pace', paces) },
    metrics: { accuracy: { better: 'higher', chance: 1 / paces, ceiling: 1 } },
    state: (trunk) => pairwiseHeadState(headOf(given), trunk),

    draw({ frames }, random, out) {
      if (frames.numFrames < windowLength || Math.min(frames.height, frames.width) < side) return false;
      const thumbnails = shrinkFrames(frames);
      const { cuts, duplicates, motion: byMotion } = given.guards;
      const first = pickSteadyWindow(findScenes(thumbnails, { cuts, duplicates }), random, { length: windowLength, byMotion });
      if (first === undefined) return false;
      // Window and region are chosen before the pace, so that they cannot tell it.
      const window = Array.from({ length: windowLength }, (_, i) => first + i);
      const view = drawView({ frames, thumbnails }, window, random, { side, reach: 0, byMotion })!;
      const pace = 1 + random.int(paces);
      const start = first + random.int(windowLength - pace * (numFrames - 1));
      const showing = { given, pixels, view, channel: random.int(pixels.channels) };
      const length = side * side * pixels.channels;
      for (let k = 0; k < numFrames; k++) out['pictures']!.set(showFrame(frames, start + pace * k, showing, random), k * length);
      setNumber(out['pace'], pace - 1);
      return true;
    },
    explain: ({ pictures, pace }) => ({
      answer: pace![0] === 0 ? 'every frame' : `one frame of ${pace![0]! + 1}`,
      shown: { frames: { shape: [numFrames, side, side, pixels.channels], values: pictures! } },
    }),
  };
}

export const pace: TaskInfo<PaceOptions> = { options, paper: 'Wang, Jiao, Liu 2020', media: 'video', bind };
