// Which of several sequences of one video is shuffled? (Fernando, Bilen, Gavves, Gould 2017, "Self-Supervised Video Representation
// Learning With Odd-One-Out Networks", O3N.) The trunk sees each sequence as a stack of differences of frames that follow one another:
// a sum of them would leave the last frame less the first, and no order.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { Random } from '../../../shared/random/random.js';
import type { StateSpec } from '../../../shared/state/spec.js';
import { guard } from '../../augment/guard.js';
import { drawView, sequenceGuards } from '../../augment/sequences/draw-sequence.js';
import { pickTimes } from '../../augment/sequences/frame-window.js';
import { findScenes, shrinkFrames, type Thumbnail } from '../../augment/sequences/motion.js';
import { countPooled } from '../../heads/pool-size.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo, type TrunkShape } from '../task.js';
import { writeDifferences } from './differences.js';

const guards = z.strictObject({
  ...sequenceGuards,
  cuts: guard('Never take one sequence from both sides of a cut; the sequences of a puzzle may lie on different sides.'),
  normalise: guard('Bring each frame to mean 0 and deviation 1, so that a fade does not give the order away.'),
  scale: guard('Bring the differences of each sequence to deviation 1, so that how much changes does not give the shuffled one away.'),
});

const options = z.strictObject({
  sequences: z.int().min(2).max(16).default(6).describe('Sequences of a puzzle, one of which is shuffled.'),
  numFrames: z.int().min(3).max(16).default(4).describe('Frames of a sequence. Their differences fill the channels of pictures: four frames make one picture of three.'),
  span: z.int().min(2).max(1000).default(12).describe('Most frames of the decoded clip from the first to the last of a sequence; at least numFrames - 1.'),
  grid: z.int().min(1).max(16).default(4).describe('Side of the feature map that the head sees, in cells, after average pooling.'),
  units: z.int().min(1).max(4096).default(128).describe('Numbers that the head keeps of each sequence.'),
  hidden: z.int().min(1).max(4096).default(64).describe('Numbers of the head\'s hidden layer.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the head\'s numbers that are silenced while training, 0..1.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type OddOneOutOptions = z.output<typeof options>;

/** Pictures that the differences of a sequence fill. */
const countPictures = ({ numFrames }: OddOneOutOptions, channels: number): number => Math.ceil((numFrames - 1) / channels);

export interface HeadPlan {
  /** What all sequences share is taken off, so a bias would be too. */
  readonly sequence: Dense;
  readonly hidden: Dense;
  readonly score: Dense;
}

/** `numFeatures` of all pictures of a sequence. */
export const planHead = ({ units, hidden }: OddOneOutOptions, numFeatures: number): HeadPlan => ({
  sequence: { name: 'head/sequence', numInputs: numFeatures, numOutputs: units, bias: false },
  hidden: { name: 'head/hidden', numInputs: units, numOutputs: hidden },
  // A bias would be the same for every sequence.
  score: { name: 'head/score', numInputs: hidden, numOutputs: 1, gain: 0.1, bias: false },
});

function headState(given: OddOneOutOptions, trunk: TrunkShape, channels: number): StateSpec[] {
  const { sequence, hidden, score } = planHead(given, countPictures(given, channels) * countPooled(trunk, given.grid));
  return [sequence, hidden, score].flatMap(denseState);
}

/** An order of frames that is neither theirs nor its reverse: most motion looks as likely either way. */
function drawDisorder(random: Random, numFrames: number): number[] {
  for (;;) {
    const order = [...random.permutation(numFrames)];
    const steps = order.slice(1).map((place, i) => place - order[i]!);
    if (steps.some((step) => step !== steps[0] || Math.abs(step) !== 1)) return order;
  }
}

/** The frames of each sequence in the order in which they are shown; undefined where the clip has too few. */
function drawTimes(thumbnails: readonly Thumbnail[], random: Random, given: OddOneOutOptions): number[][] | undefined {
  const scenes = findScenes(thumbnails, given.guards);
  const all = Array.from({ length: given.sequences }, () => pickTimes(scenes, random, { ...given, byMotion: given.guards.motion }));
  return all.every((times) => times !== undefined) ? all : undefined;
}

function bind(given: OddOneOutOptions, { side, pixels: { channels } }: DataSizes): Puzzle {
  const { sequences, numFrames, span } = given;
  if (span < numFrames - 1) {
    throw new PretextError('BAD_RECIPE', `task.options.span: ${numFrames} frames do not fit into a span of ${span}, expected at least ${numFrames - 1}.`);
  }
  const numPictures = countPictures(given, channels);
  const length = numPictures * side * side * channels;
  return {
    needs: { media: 'video' },
    arrays: { pictures: { type: 'float32', shape: [sequences, numPictures, side, side, channels] }, odd: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(sequences) },
    equivariance: 'the sequences of the second version are other ones',
    metrics: { accuracy: { better: 'higher', chance: 1 / sequences, ceiling: 1 } },
    state: (trunk) => headState(given, trunk, channels),

    draw({ frames }, random, out) {
      if (Math.min(frames.height, frames.width) < side) return false;
      const thumbnails = shrinkFrames(frames);
      const times = drawTimes(thumbnails, random, given);
      if (times === undefined) return false;
      const view = drawView({ frames, thumbnails }, times.flat(), random, { side, reach: 0, byMotion: given.guards.motion })!;
      const channel = random.int(channels);
      const odd = random.int(sequences);
      const disorder = drawDisorder(random, numFrames);
      times.forEach((each, k) => {
        const shown = k === odd ? disorder.map((place) => each[place]!) : each;
        writeDifferences(frames, random, { times: shown, view, channel, guards: given.guards }, out['pictures']!.subarray(k * length, (k + 1) * length) as Float32Array);
      });
      setNumber(out['odd'], odd);
      return true;
    },
    explain: ({ pictures, odd }) => ({
      answer: `sequence ${odd![0]! + 1} is shuffled`,
      shown: { 'differences, a sequence a picture': { shape: [sequences * numPictures, side, side, channels], values: pictures! } },
    }),
  };
}

export const oddOneOut: TaskInfo<OddOneOutOptions> = { options, paper: 'Fernando, Bilen, Gavves, Gould 2017', media: 'video', bind };
