// The head that compares frames two by two: its options and its state. Loads no tensor library; pairwise.ts computes.

import { z } from 'zod';
import type { StateSpec } from '../../shared/state/spec.js';
import { denseState, vector, type Dense } from '../models/layer-state.js';
import type { TrunkShape } from '../tasks/task.js';
import { countPooled } from './pool-size.js';

/** What a task with this head lets a recipe say of it. */
export const pairwiseHeadOptions = {
  grid: z.int().min(1).max(16).default(4).describe('Side of the feature map that the head sees, in cells, after average pooling.'),
  frameUnits: z.int().min(1).max(4096).default(128).describe('Numbers that the head keeps of each frame.'),
  pairUnits: z.int().min(1).max(4096).default(64).describe('Numbers that the head keeps of each pair of frames.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the head\'s numbers that are silenced while training, 0..1.'),
};

export interface PairwiseHead {
  readonly numFrames: number;
  readonly grid: number;
  readonly frameUnits: number;
  readonly pairUnits: number;
  readonly dropout: number;
  readonly numClasses: number;
  /** True where how much frames differ is part of the answer. Default: it is taken off. */
  readonly keepsScale?: boolean;
}

export interface PairwisePlan {
  readonly frame: Dense;
  /** The pair's layer acts on two frames side by side: the sum of one matrix times the first and one times the second. */
  readonly earlier: Dense;
  readonly later: Dense;
  /** Acts on how far apart the two are in each number, which tells near frames from far ones at once. */
  readonly apart: Dense;
  readonly classes: Dense;
  readonly pairs: readonly (readonly [number, number])[];
}

/** The layers of the head over so many numbers of a frame. */
export function planPairwise(head: PairwiseHead, numFeatures: number): PairwisePlan {
  const { numFrames, frameUnits, pairUnits, numClasses } = head;
  const pairs = Array.from({ length: numFrames }, (_, j) => Array.from({ length: j }, (_, i) => [i, j] as const)).flat();
  // Each half of the pair's layer sees half of its inputs: 1/sqrt(2) keeps the bound that the whole would have.
  const half = { numInputs: frameUnits, numOutputs: pairUnits, gain: Math.SQRT1_2, bias: false };
  return {
    // What all frames share is taken off, so a bias would be too.
    frame: { name: 'head/frame', numInputs: numFeatures, numOutputs: frameUnits, bias: false },
    earlier: { name: 'head/pair/earlier', ...half },
    later: { name: 'head/pair/later', ...half },
    apart: { name: 'head/pair/apart', numInputs: frameUnits, numOutputs: pairUnits, bias: false },
    classes: { name: 'head/classes', numInputs: pairs.length * pairUnits, numOutputs: numClasses, gain: 0.1 },
    pairs,
  };
}

/** The state of the head for a trunk's last feature map. */
export function pairwiseHeadState(head: PairwiseHead, trunk: TrunkShape): StateSpec[] {
  const { frame, earlier, later, apart, classes } = planPairwise(head, countPooled(trunk, head.grid));
  return [...[frame, earlier, later, apart].flatMap(denseState), vector('head/pair/bias', head.pairUnits, 0), ...denseState(classes)];
}
