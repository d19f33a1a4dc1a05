// Which class: learning from labels. Samples without one are drawn too and weigh nothing: consistency learns from them (Xie, Dai, Hovy, Luong, Le
// 2020, "Unsupervised Data Augmentation for Consistency Training"), and so may other tasks.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createRandom } from '../../../shared/random/random.js';
import { showsEnough } from '../../augment/draw-picture.js';
import { jitterColour } from '../../augment/ops/colour.js';
import { flipHorizontally } from '../../augment/ops/flip.js';
import { pictureOf } from '../../augment/ops/picture.js';
import { centralBox, copyResized, drawBox, type Box } from '../../augment/ops/resized-crop.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import type { Frames } from '../../decode/frames.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { classWeightsOption, weighClasses } from '../labels/class-weights.js';
import { pictureSpec, setNumber, type Arrays, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const options = z.strictObject({
  frames: z.int().min(1).max(32).default(1).describe('Frames of a clip whose features are averaged, one from each of as many equal parts; a picture is taken as often.'),
  minArea: z.number().min(0.05).max(1).default(0.5).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  colourJitter: z.number().min(0).max(1).default(0.2).describe('Strength of changes in brightness, contrast and saturation, 0..1.'),
  smoothing: z.number().min(0).lt(1).default(0).describe('Share of the answer that is spread over all classes.'),
  mixup: z.number().min(0).max(1).default(0).describe(
    'Blends each labelled picture with another one of its microbatch, by a share drawn of Beta(mixup, mixup), and what is wanted of it likewise. 0: not. The accuracy on the way is then that of blended pictures.'),
  classWeights: classWeightsOption,
  annealing: z.enum(['none', 'log', 'linear', 'exp']).default('none').describe(
    'Leave out samples whose class is surer than a bound that rises from chance to 1 over the stage, at first fast (log), evenly, or late (exp, for few labels).'),
});

export type ClassifyOptions = z.output<typeof options>;

/** What stands for a class that is not known. */
export const UNLABELLED = -1;

/** From the trunk's channels, averaged over places, to the classes. */
export const planHead = (channels: number, numClasses: number): Dense => ({ name: 'head/class', numInputs: channels, numOutputs: numClasses, gain: 0.1 });

interface Shown {
  /** Numbers of the frames. */
  readonly times: readonly number[];
  readonly box: Box;
  /** Of the square that is shown, in pixels. */
  readonly side: number;
}

/** Writes the same part of some frames, scaled and changed. */
function showFrames(frames: Frames, { times, box, side }: Shown, out: Arrays, change?: (patchHWC: Float32Array) => void): void {
  const pictures = out['picture'] as Uint8Array;
  const length = pictures.length / times.length;
  times.forEach((time, shown) => {
    const patchHWC = new Float32Array(length);
    copyResized(pictureOf(frames, time), box, side, patchHWC);
    change?.(patchHWC);
    toBytes(patchHWC, pictures.subarray(shown * length, (shown + 1) * length));
  });
}

function bind({ frames: numShown, minArea, flip, colourJitter, mixup, classWeights }: ClassifyOptions, sizes: DataSizes): Puzzle {
  const { side, pixels, classes, chance } = sizes;
  if (!classes) {
    throw new PretextError('BAD_RECIPE', 'data.classes: classify learns from labels, expected the names of the classes.', { hint: 'A run finds them in folders or labels.csv.' });
  }
  weighClasses(classWeights, sizes);
  const all = classes.map((_name, number) => number);
  const arrays = {
    picture: numShown === 1 ? pictureSpec(side, pixels) : { ...pictureSpec(side, pixels), shape: [numShown, side, side, pixels.channels] },
    class: { type: 'int32', shape: [1] },
  } satisfies Puzzle['arrays'];
  /** A frame of each of equal parts, at a place in it from 0 to 1. */
  const timesOf = ({ numFrames }: Frames, place: () => number): number[] =>
    Array.from({ length: numShown }, (_, part) => Math.floor(((part + place()) / numShown) * numFrames));

  return {
    needs: { media: 'image' },
    arrays,
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(all.length) },
    ...(mixup > 0 && { incomparable: 'mixup blends each with another picture' }),
    equivariance: { class: () => all },
    metrics: { accuracy: { better: 'higher', chance: chance?.['accuracy'] ?? 1 / all.length, ceiling: 1 } },
    state: ({ channels }) => denseState(planHead(channels, all.length)),

    draw({ frames, label = UNLABELLED }, random, out) {
      if (!showsEnough(frames)) return false;
      const times = timesOf(frames, () => random.float());
      const box = drawBox(pictureOf(frames, times[0]!), random, minArea);
      const isMirrored = flip && random.chance(0.5);
      const colours = random.uint32();
      showFrames(frames, { times, box, side }, out, (patchHWC) => {
        if (isMirrored) flipHorizontally(patchHWC, side);
        // All frames change alike.
        if (colourJitter > 0) jitterColour(patchHWC, createRandom({ seed: colours, epoch: 0, sample: 0, purpose: 'colours' }), colourJitter, pixels.channels);
      });
      setNumber(out['class'], label);
      return true;
    },

    drawPlain({ frames, label = UNLABELLED }, out) {
      const times = timesOf(frames, () => 0.5);
      showFrames(frames, { times, side, box: centralBox(pictureOf(frames, times[0]!)) }, out);
      setNumber(out['class'], label);
      return true;
    },

    explain(drawn) {
      const [number] = drawn['class'] as Int32Array;
      return { answer: number === UNLABELLED ? 'no label is shown' : `of class ${classes[number!]!}`, shown: { picture: { shape: arrays.picture.shape, values: drawn['picture']! } } };
    },
  };
}

export const classify: TaskInfo<ClassifyOptions> = { options, paper: 'Xie, Dai, Hovy, Luong, Le 2020, for few labels', media: 'image', needsLabels: true, bind };
