// What comes next? (Mathieu, Couprie, LeCun 2016, "Deep Multi-Scale Video Prediction Beyond Mean Square Error".) Some frames, and one that
// comes a little later, to be drawn pixel by pixel. Left out: the adversarial term and the pyramid.

import { z } from 'zod';
import type { Random } from '../../../shared/random/random.js';
import { guard } from '../../augment/guard.js';
import { restoreBytes } from '../../augment/ops/normalise.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { copyView, drawView, sequenceGuards, type Shrunk } from '../../augment/sequences/draw-sequence.js';
import { findScenes, shrinkFrames, type Scene } from '../../augment/sequences/motion.js';
import { pickSteadyWindow } from '../../augment/sequences/steady-window.js';
import { decoderOf, decoderOptions } from '../../heads/decoder-state.js';
import { ANSWERS_A_PICTURE } from '../equivariance.js';
import { pictureSpec, type Arrays, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { headState } from './head.js';
import { isOtherScene, isStill } from './likeness.js';

const guards = z.strictObject({
  cuts: sequenceGuards.cuts,
  motion: guard('Choose windows and regions where more moves more often.'),
  still: guard('Leave out puzzles whose last frame is the later one almost (45 dB of signal to noise): to copy it is to solve them.'),
  otherScene: guard('Leave out puzzles whose later frame has less than half of the grey levels of the last one: nobody can guess a new scene.'),
});

const options = z.strictObject({
  numFrames: z.int().min(1).max(8).default(3).describe('Frames that are seen.'),
  horizonS: z.number().min(0).max(1).default(0.2).describe('Time from the last frame to the one that is asked for, and between frames, in seconds; one frame of the decoded clip at least. Above half a second few clips can be guessed.'),
  gradients: z.number().min(0).max(100).default(0.1).describe('Weight of the gradient difference loss: how far edges are from where they should be. Without it guesses blur; with 1, as in the paper, short runs end with a copy of the last frame.'),
  distance: z.enum(['square', 'absolute']).default('square').describe('How pixels that are wrong are counted. By their square a guess is the mean of what may come. absolute, as in the paper, asks for what comes most often: in clips in which most pixels stay, a copy of the last frame, and short runs end there.'),
  ...decoderOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type FutureFrameOptions = z.output<typeof options>;

/** Windows that are drawn of a clip in which some make no puzzle. */
const NUM_TRIES = 4;

interface Wanted {
  readonly given: FutureFrameOptions;
  readonly side: number;
  /** Frames of the clip from one that is seen to the next, and from the last to the later one. */
  readonly stride: number;
  readonly scenes: readonly Scene[];
}

/** Draws one window; false where it makes no puzzle. */
function drawWindow(shrunk: Shrunk, random: Random, { given: { numFrames, guards }, side, stride, scenes }: Wanted, out: Arrays): boolean {
  const first = pickSteadyWindow(scenes, random, { length: numFrames * stride + 1, byMotion: guards.motion });
  if (first === undefined) return false;
  const times = Array.from({ length: numFrames + 1 }, (_, k) => first + stride * k);
  const view = drawView(shrunk, times, random, { side, reach: 0, byMotion: guards.motion })!;
  const shown = times.map((time) => {
    const patch = new Float32Array(out['future']!.length);
    copyView(pictureOf(shrunk.frames, time), view, random, patch);
    return Uint8Array.from(patch);
  });
  const [last, future] = shown.slice(-2) as [Uint8Array, Uint8Array];
  if ((guards.still && isStill(last, future)) || (guards.otherScene && isOtherScene(last, future))) return false;
  shown.slice(0, -1).forEach((bytes, k) => out['frames']!.set(bytes, k * bytes.length));
  out['future']!.set(future);
  return true;
}

function bind(given: FutureFrameOptions, sizes: DataSizes): Puzzle {
  const { side, pixels } = sizes;
  const { numFrames, gradients } = given;
  const picture = pictureSpec(side, pixels);
  return {
    needs: { media: 'video' },
    arrays: { frames: { ...picture, shape: [numFrames, ...picture.shape] }, future: picture },
    terms: ['pixels', ...(gradients > 0 ? ['gradients'] : [])],
    equivariance: ANSWERS_A_PICTURE,
    metrics: {
      // A guesser says that nothing moves. In decibels, where something does.
      gain: { better: 'higher', chance: 0 },
    },
    state: (trunk) => headState(decoderOf(given, sizes), trunk, numFrames),

    draw({ frames, fps = 1 }, random, out) {
      const stride = Math.max(1, Math.round(given.horizonS * fps));
      if (frames.numFrames < numFrames * stride + 1 || Math.min(frames.height, frames.width) < side) return false;
      const thumbnails = shrinkFrames(frames);
      const scenes = findScenes(thumbnails, { cuts: given.guards.cuts, duplicates: false });
      return Array.from({ length: NUM_TRIES }).some(() => drawWindow({ frames, thumbnails }, random, { given, side, stride, scenes }, out));
    },
    explain: ({ frames, future }) => ({
      answer: 'the later frame',
      shown: {
        frames: { shape: [numFrames, ...picture.shape], values: frames! },
        'later frame': { shape: picture.shape, values: future! },
      },
    }),
    showPredicted: ({ frames, future }, { future: expected }) => ({
      frames: { shape: [numFrames, ...picture.shape], values: frames! },
      'as it is expected': { shape: picture.shape, values: restoreBytes(expected!, pixels) },
      'later frame': { shape: picture.shape, values: future! },
    }),
  };
}

export const futureFrame: TaskInfo<FutureFrameOptions> = { options, paper: 'Mathieu, Couprie, LeCun 2016', media: 'video', bind };
