// The head that reads patches side by side: its options and its state. Loads no tensor library; patches.ts computes.

import { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';
import { denseState, type Dense } from '../models/layer-state.js';
import type { TrunkShape } from '../tasks/task.js';
import { countPooled } from './pool-size.js';

/** What a task with this head lets a recipe say of it. */
export const patchesHeadOptions = {
  patchUnits: z.int().min(1).max(4096).default(64).describe('Numbers that the head keeps of each patch.'),
  hidden: z.int().min(1).max(8192).default(256).describe('Numbers of the layer that sees all patches.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the hidden layer\'s numbers that are silenced while training, 0..1.'),
};

export interface PatchesHead {
  readonly patchUnits: number;
  readonly hidden: number;
  readonly dropout: number;
  readonly numPatches: number;
  readonly numClasses: number;
}

export interface PatchesPlan {
  /** The same for every patch. */
  readonly patch: Dense;
  /** Sees the patches in their order. */
  readonly together: Dense;
  readonly classes: Dense;
}

/** Side of the feature map that the head sees of a patch, in cells: what lies left, right, above and below in it is kept apart. */
export const PATCH_GRID = 2;

/** The layers over so many numbers of a patch. */
export const planPatches = ({ patchUnits, hidden, numPatches, numClasses }: PatchesHead, numFeatures: number): PatchesPlan => ({
  patch: { name: 'head/patch', numInputs: numFeatures, numOutputs: patchUnits },
  together: { name: 'head/together', numInputs: numPatches * patchUnits, numOutputs: hidden },
  classes: { name: 'head/classes', numInputs: hidden, numOutputs: numClasses, gain: 0.1 },
});

/** The state of the head for a trunk's last feature map of a patch of so many pixels a side. */
export function patchesHeadState(head: PatchesHead, { channels, stages }: Pick<TrunkShape, 'channels' | 'stages'>, patchSide: number): StateSpec[] {
  const side = Math.ceil(patchSide / stages.at(-1)!.stride);
  const { patch, together, classes } = planPatches(head, countPooled({ side, channels }, PATCH_GRID));
  return [patch, together, classes].flatMap(denseState);
}
