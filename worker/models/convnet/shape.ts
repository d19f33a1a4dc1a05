// A small plain ConvNet: every stage is a few 3x3 convolutions, the first of which halves the side and, after the first
// stage, doubles the channels. For inputs of 32 to 96 pixels. Left out: shortcuts (resnet18 has them).

import { z } from 'zod';
import type { Convolution } from '../layer-state.js';
import { convolutionState } from '../layer-state.js';
import type { ModelShape, StageShape } from '../model.js';

const options = z.strictObject({
  width: z.int().min(1).max(512).default(32).describe('Channels of the first stage; each later stage has twice as many.'),
  stages: z.int().min(1).max(6).default(4).describe('Number of stages.'),
  depth: z.int().min(1).max(8).default(1).describe('Convolutions in each stage.'),
  stemStride: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('Stride of the first convolution, 1 or 2: 1 for inputs of 32 pixels, 2 above.'),
  norm: z
    .enum(['group', 'batch', 'none'])
    .default('group')
    .describe('group: GroupNorm with weight standardisation. batch: BatchNorm over the microbatch. none: biases only.'),
});

export type ConvnetOptions = z.output<typeof options>;

interface Stage {
  readonly shape: StageShape;
  readonly convolutions: readonly Convolution[];
}

/** Stages from input to output, each with its convolutions in order. */
export function planStages({ width, stages, depth, stemStride, norm }: ConvnetOptions, channelsOfPicture = 3): Stage[] {
  return Array.from({ length: stages }, (_, s) => {
    const channels = width * 2 ** s;
    const convolutions = Array.from({ length: depth }, (_, i): Convolution => {
      const isFirst = i === 0;
      const channelsBefore = s === 0 ? channelsOfPicture : channels / 2;
      return {
        name: `trunk/stage${s + 1}/conv${i + 1}`,
        size: 3,
        stride: isFirst ? (s === 0 ? stemStride : 2) : 1,
        channelsIn: isFirst ? channelsBefore : channels,
        channelsOut: channels,
        norm,
        relu: true,
      };
    });
    return { shape: { name: `stage${s + 1}`, channels, stride: stemStride * 2 ** s }, convolutions };
  });
}

export const convnet: ModelShape<ConvnetOptions> = {
  options,
  stages: (options) => planStages(options).map(({ shape }) => shape),
  state: (options, channels) => planStages(options, channels).flatMap(({ convolutions }) => convolutions.flatMap(convolutionState)),
};
