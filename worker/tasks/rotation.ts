// Which way up (Gidaris, Singh, Komodakis 2018, "Unsupervised Representation Learning by Predicting Image Rotations"):
// a picture is turned by 0, 90, 180 or 270 degrees; the class is the turn. One turn a sample, so that samples count once.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { jitterColour } from '../augment/ops/colour.js';
import { flipHorizontally } from '../augment/ops/flip.js';
import { normaliseFixed } from '../augment/ops/normalise.js';
import { pictureOf } from '../augment/ops/picture.js';
import { centralBox, copyResized, drawBox } from '../augment/ops/resized-crop.js';
import { rotateQuarters } from '../augment/ops/rotate90.js';
import type { Dense } from '../models/layers.js';
import { applyDense, denseParameters } from '../models/layers.js';
import { classify } from './classification.js';
import type { Task } from './task.js';

const guards = z.strictObject({
  randomCrop: z
    .boolean()
    .default(true)
    .describe('Crop at a random place and size, so that the 8-pixel grid of a codec does not give the turn away.'),
});

const options = z.strictObject({
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right, before they are turned.'),
  colourJitter: z.number().min(0).max(1).default(0.2).describe('Strength of changes in brightness, contrast and saturation, 0..1.'),
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type RotationOptions = z.output<typeof options>;

const NUM_TURNS = 4;

/** Below this a picture has nothing to recognise, in pixels. */
const LEAST_SIDE = 8;

const planHead = (channels: number): Dense => ({ name: 'head/turn', numInputs: channels, numOutputs: NUM_TURNS, gain: 0.1 });

export const rotation: Task<RotationOptions> = {
  kind: 'image',
  options,
  shape: (_options, side) => ({ numFrames: 1, side, numTargets: 1 }),
  chance: () => 1 / NUM_TURNS,

  prepare(frames, random, { minArea, flip, colourJitter, guards }, side, { inputsFHWC, targets }) {
    if (frames.numFrames < 1 || Math.min(frames.height, frames.width) < LEAST_SIDE) return false;
    const picture = pictureOf(frames, random.int(frames.numFrames));
    const box = guards.randomCrop ? drawBox(picture, random, minArea) : centralBox(picture);
    copyResized(picture, box, side, inputsFHWC);
    if (flip && random.chance(0.5)) flipHorizontally(inputsFHWC, side);
    if (colourJitter > 0) jitterColour(inputsFHWC, random, colourJitter);
    normaliseFixed(inputsFHWC);
    const quarters = random.int(NUM_TURNS);
    rotateQuarters(inputsFHWC, side, quarters);
    targets[0] = quarters;
    return true;
  },

  parameters: (_options, { channels }) => denseParameters(planHead(channels)),

  loss(parameters, { features }, targetsBT) {
    const pooled = tf.mean<Tensor2D>(features, [1, 2]);
    return classify(applyDense(planHead(features.shape[3]), parameters, pooled), targetsBT);
  },
};
