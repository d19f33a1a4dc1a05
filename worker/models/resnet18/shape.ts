// ResNet-18 (He et al. 2016, "Deep Residual Learning"): four stages of two basic blocks.
// The default normalisation is GroupNorm with weight standardisation, so that nothing couples the samples of a batch.

import { z } from 'zod';
import type { Convolution } from '../layer-state.js';
import { convolutionState } from '../layer-state.js';
import type { ModelShape, StageShape } from '../model.js';

const options = z.strictObject({
  width: z.int().min(1).max(256).default(64).describe('Channels of the first stage; each later stage has twice as many.'),
  stem: z
    .enum(['small', 'large'])
    .default('small')
    .describe('small: 3x3 convolution of stride 1, for inputs up to 64 pixels. large: 7x7 of stride 2, then 3x3 max-pooling of stride 2.'),
  norm: z
    .enum(['group', 'batch'])
    .default('group')
    .describe('group: GroupNorm with weight standardisation. batch: BatchNorm over the microbatch.'),
});

export type Resnet18Options = z.output<typeof options>;

const NUM_STAGES = 4;
const BLOCKS_PER_STAGE = 2;

export interface Block {
  readonly first: Convolution;
  readonly second: Convolution;
  /** 1x1 convolution on the shortcut, where the shape changes. */
  readonly shortcut: Convolution | undefined;
}

export function planStem({ width, stem, norm }: Resnet18Options, channels = 3): Convolution {
  const [size, stride] = stem === 'small' ? [3, 1] : [7, 2];
  return { name: 'trunk/stem', size, stride, channelsIn: channels, channelsOut: width, norm, relu: true };
}

type BlockSize = Pick<Convolution, 'channelsIn' | 'channelsOut' | 'stride'>;

function planBlock(name: string, { channelsIn, channelsOut, stride }: BlockSize, { norm }: Resnet18Options): Block {
  const changes = stride !== 1 || channelsIn !== channelsOut;
  return {
    first: { name: `${name}/conv1`, size: 3, stride, channelsIn, channelsOut, norm, relu: true },
    second: {
      name: `${name}/conv2`,
      size: 3,
      stride: 1,
      channelsIn: channelsOut,
      channelsOut,
      norm,
      relu: false,
      firstScale: 0,
    },
    shortcut: changes ? { name: `${name}/shortcut`, size: 1, stride, channelsIn, channelsOut, norm, relu: false } : undefined,
  };
}

/** Stages from input to output, each with its blocks in order. */
export function planStages(options: Resnet18Options): Block[][] {
  return Array.from({ length: NUM_STAGES }, (_, s) =>
    Array.from({ length: BLOCKS_PER_STAGE }, (_, b) => {
      const channels = options.width * 2 ** s;
      const opensLaterStage = b === 0 && s > 0;
      const size = { channelsIn: opensLaterStage ? channels / 2 : channels, channelsOut: channels, stride: opensLaterStage ? 2 : 1 };
      return planBlock(`trunk/stage${s + 1}/block${b + 1}`, size, options);
    }),
  );
}

const blockConvolutions = ({ first, second, shortcut }: Block): Convolution[] =>
  shortcut === undefined ? [first, second] : [first, second, shortcut];

export const resnet18: ModelShape<Resnet18Options> = {
  options,
  stages({ width, stem }) {
    const stemStride = stem === 'small' ? 1 : 4;
    return Array.from({ length: NUM_STAGES }, (_, s): StageShape => {
      return { name: `stage${s + 1}`, channels: width * 2 ** s, stride: stemStride * 2 ** s };
    });
  },
  state: (options, channels) => [planStem(options, channels), ...planStages(options).flat().flatMap(blockConvolutions)].flatMap(convolutionState),
};
