// A vision transformer (Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"): patches as tokens, no class token (features are
// averaged over places). Its blocks are spread over up to four stages, so that probes see it half-way too.

import { z } from 'zod';
import type { StateSpec } from '../../../shared/state/spec.js';
import { vector } from '../layer-state.js';
import type { ModelShape } from '../model.js';
import { blockState, layerNormState, type Block } from '../transformer-state.js';

const options = z.strictObject({
  patch: z.int().min(2).max(64).default(8).describe('Side of a patch, in pixels; the input\'s side must be a multiple of it.'),
  width: z.int().min(4).max(4096).multipleOf(4).default(192).describe('Numbers of a token; a multiple of 4 and of the heads.'),
  depth: z.int().min(1).max(48).default(12).describe('Blocks.'),
  heads: z.int().min(1).max(64).default(3).describe('Heads of the attention in each block.'),
});

export type VitOptions = z.output<typeof options>;

const NUM_STAGES = 4;
const MLP_RATIO = 4;

/** Blocks by stage; stages are as even as the depth allows, later ones longer. */
export function planStages({ width, depth, heads }: VitOptions): Block[][] {
  const numStages = Math.min(NUM_STAGES, depth);
  const endOf = (stage: number): number => Math.floor((stage * depth) / numStages);
  return Array.from({ length: numStages }, (_, s) =>
    Array.from({ length: endOf(s + 1) - endOf(s) }, (__, b): Block =>
      ({ name: `trunk/stage${s + 1}/block${b + 1}`, width, heads, ratio: MLP_RATIO })));
}

export const EMBEDDING = 'trunk/stem/patches';
export const LAST_NORM = 'trunk/norm';

function stemState({ patch, width }: VitOptions, channels: number): StateSpec[] {
  const fanIn = patch * patch * channels;
  const kernel: StateSpec = {
    kind: 'trained', name: `${EMBEDDING}/kernel`, shape: [patch, patch, channels, width], decay: true,
    init: { kind: 'heUniform', fanIn, gain: Math.sqrt(fanIn / (fanIn + width)) },
  };
  return [kernel, vector(`${EMBEDDING}/bias`, width, 0)];
}

export const vit: ModelShape<VitOptions> = {
  options,
  stages: (options) => planStages(options).map((_, s) => ({ name: `stage${s + 1}`, channels: options.width, stride: options.patch })),
  state: (options, channels = 3) => [...stemState(options, channels), ...planStages(options).flat().flatMap(blockState), ...layerNormState(LAST_NORM, options.width)],
  patch: ({ patch }) => patch,
  refuse({ patch, width, heads }, side) {
    if (side % patch !== 0) return `the model vit takes multiples of its patch of ${patch} pixels, given ${side}`;
    return width % heads === 0 ? undefined : `the model vit has a width of ${width}, which its ${heads} heads do not divide`;
  },
};
