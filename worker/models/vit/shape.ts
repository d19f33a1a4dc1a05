// A vision transformer (Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"): patches as tokens. Features are those of the
// patches, averaged over places; a class token takes part in the attention where there is one, as in trunks trained elsewhere. Its blocks are spread over up to four stages, so that probes see it half-way too.

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
  // None of these has a default, so that recipes from before them keep their hash.
  learntGrid: z.int().min(1).max(256).optional().describe(
    'Patches along a side, whose positions are learnt: the input\'s side is so many patches. Sines and cosines, for any side, if left out.'),
  classToken: z.boolean().optional().describe('A token beside the patches, which all look at. False if left out.'),
  gelu: z.enum(['quick', 'exact']).optional().describe('quick (if left out): x * sigmoid(1.702 x). exact: the Gaussian error linear unit, which most trunks from elsewhere have; slower.'),
});

export type VitOptions = z.output<typeof options>;

const NUM_STAGES = 4;
const MLP_RATIO = 4;

/** Blocks by stage; stages are as even as the depth allows, later ones longer. */
export function planStages({ width, depth, heads, gelu }: VitOptions): Block[][] {
  const numStages = Math.min(NUM_STAGES, depth);
  const endOf = (stage: number): number => Math.floor((stage * depth) / numStages);
  return Array.from({ length: numStages }, (_, s) =>
    Array.from({ length: endOf(s + 1) - endOf(s) }, (__, b): Block =>
      ({ name: `trunk/stage${s + 1}/block${b + 1}`, width, heads, ratio: MLP_RATIO, ...(gelu && { gelu }) })));
}

export const EMBEDDING = 'trunk/stem/patches';
export const LAST_NORM = 'trunk/norm';

export const CLASS_TOKEN = 'trunk/stem/class';
export const POSITIONS = 'trunk/stem/positions';

/** Uniform, of the deviation of 0.02 that ViTs begin with. */
const small = (name: string, shape: readonly number[]): StateSpec => ({ kind: 'trained', name, shape, decay: false, init: { kind: 'uniform', bound: 0.02 * Math.sqrt(3) } });

function stemState(options: VitOptions, channels: number): StateSpec[] {
  const { patch, width, learntGrid, classToken } = options;
  const fanIn = patch * patch * channels;
  const kernel: StateSpec = {
    kind: 'trained', name: `${EMBEDDING}/kernel`, shape: [patch, patch, channels, width], decay: true,
    init: { kind: 'heUniform', fanIn, gain: Math.sqrt(fanIn / (fanIn + width)) },
  };
  return [
    kernel, vector(`${EMBEDDING}/bias`, width, 0),
    ...(classToken ? [small(CLASS_TOKEN, [width])] : []),
    ...(learntGrid === undefined ? [] : [small(POSITIONS, [learntGrid ** 2, width])]),
  ];
}

export const vit: ModelShape<VitOptions> = {
  options,
  stages: (options) => planStages(options).map((_, s) => ({ name: `stage${s + 1}`, channels: options.width, stride: options.patch })),
  state: (options, channels = 3) => [...stemState(options, channels), ...planStages(options).flat().flatMap(blockState), ...layerNormState(LAST_NORM, options.width)],
  patch: ({ patch }) => patch,
  refuse(options, side) {
    const { patch, width, heads, learntGrid } = options;
    if (side % patch !== 0) return `the model vit takes multiples of its patch of ${patch} pixels, given ${side}`;
    if (learntGrid !== undefined && side !== patch * learntGrid) {
      return `the model vit with learntGrid of ${learntGrid} and a patch of ${patch} takes ${patch * learntGrid} pixels, given ${side}`;
    }
    return width % heads === 0 ? undefined : `the model vit has a width of ${width}, which its ${heads} heads do not divide`;
  },
};
