// The head that says something of each pixel, from all stages of a trunk (Lin and others 2017, "Feature Pyramid Networks for Object Detection"): its options and its
// state. Loads no tensor library; pyramid.ts computes.

import { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';
import { convolutionState, denseState, type Convolution, type Dense } from '../models/layer-state.js';

/** What a task with this head lets a recipe say of it. */
export const pyramidOptions = {
  width: z.int().min(1).max(512).default(64).describe('Channels that every stage of the trunk is brought to.'),
};

export interface PyramidPlan {
  /** One a stage, first to last. */
  readonly lateral: readonly Convolution[];
  readonly smooth: Convolution;
  readonly outputs: Dense;
}

/** `channels` of the trunk's stages, first to last. */
export const planPyramid = (width: number, channels: readonly number[], numOutputs: number): PyramidPlan => ({
  lateral: channels.map((channelsIn, stage) => ({ name: `head/pyramid/lateral${stage + 1}`, size: 1, stride: 1, channelsIn, channelsOut: width, norm: 'none', relu: false })),
  smooth: { name: 'head/pyramid/smooth', size: 3, stride: 1, channelsIn: width, channelsOut: width, norm: 'group', relu: true },
  outputs: { name: 'head/pyramid/pixels', numInputs: width, numOutputs, gain: 0.1 },
});

export const pyramidState = ({ lateral, smooth, outputs }: PyramidPlan): StateSpec[] => [...[...lateral, smooth].flatMap(convolutionState), ...denseState(outputs)];
