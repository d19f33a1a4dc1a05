// Which way up (Gidaris, Singh, Komodakis 2018, "Unsupervised Representation Learning by Predicting Image Rotations"):
// a picture is turned by 0, 90, 180 or 270 degrees; the class is the turn. One turn a sample, so that samples count once.

import { z } from 'zod';
import { drawPicture } from '../../augment/draw-picture.js';
import { guard } from '../../augment/guard.js';
import { jitterColour } from '../../augment/ops/colour.js';
import { normaliseFixed } from '../../augment/ops/normalise.js';
import { rotateQuarters } from '../../augment/ops/rotate90.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { turnClasses } from '../equivariance.js';
import { setNumber, type TaskInfo } from '../task.js';

const guards = z.strictObject({
  randomCrop: guard('Crop at a random place and size, so that the 8-pixel grid of a codec does not give the turn away.'),
});

const options = z.strictObject({
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right, before they are turned.'),
  colourJitter: z.number().min(0).max(1).default(0.2).describe('Strength of changes in brightness, contrast and saturation, 0..1.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type RotationOptions = z.output<typeof options>;

const NUM_TURNS = 4;

/** From the trunk's channels, averaged over places, to the classes. */
export const planHead = (channels: number): Dense => ({ name: 'head/turn', numInputs: channels, numOutputs: NUM_TURNS, gain: 0.1 });

export const rotation: TaskInfo<RotationOptions> = {
  options,
  paper: 'Gidaris, Singh, Komodakis 2018',
  media: 'image',
  isDefault: true,
  bind: ({ minArea, flip, colourJitter, guards }, { side, pixels }) => ({
    needs: { media: 'image' },
    arrays: { picture: { type: 'float32', shape: [side, side, pixels.channels] }, turn: { type: 'int32', shape: [1] } },
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(NUM_TURNS) },
    equivariance: { turn: turnClasses('turn', NUM_TURNS) },
    metrics: { accuracy: { better: 'higher', chance: 1 / NUM_TURNS, ceiling: 1 } },
    state: ({ channels }) => denseState(planHead(channels)),

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { side, minArea, flip, randomCrop: guards.randomCrop });
      if (!patchHWC) return false;
      if (colourJitter > 0) jitterColour(patchHWC, random, colourJitter, pixels.channels);
      normaliseFixed(patchHWC, pixels);
      const quarters = random.int(NUM_TURNS);
      rotateQuarters(patchHWC, side, quarters);
      out['picture']!.set(patchHWC);
      setNumber(out['turn'], quarters);
      return true;
    },
    explain: (drawn) => ({
      answer: `turned by ${90 * drawn['turn']![0]!} degrees`,
      shown: { picture: { shape: [side, side, pixels.channels], values: drawn['picture']! } },
    }),
  }),
};
