// ResNets (He et al. 2016, "Deep Residual Learning") as layers: a stem and four stages of blocks with shortcuts. A bottleneck halves the side
// in its 3x3 convolution, as torchvision has it ("ResNet v1.5"). Loads no tensor library.
// The default normalisation is GroupNorm with weight standardisation, so that nothing couples the samples of a batch.

import { z } from 'zod';
import type { Convolution } from '../layer-state.js';

export const resnetOptions = z.strictObject({
  width: z.int().min(1).max(256).default(64).describe('Channels of the first stage; each later stage has twice as many.'),
  stem: z
    .enum(['small', 'large'])
    .default('small')
    .describe('small: 3x3 convolution of stride 1, for inputs up to 64 pixels. large: 7x7 of stride 2, then 3x3 max-pooling of stride 2.'),
  norm: z
    .enum(['group', 'batch'])
    .default('group')
    .describe('group: GroupNorm with weight standardisation. batch: BatchNorm over the microbatch.'),
  // No default, so that recipes from before it keep their hash.
  padding: z
    .enum(['same', 'torch'])
    .optional()
    .describe('How windows of stride 2 see the edges. same (if left out): as TensorFlow pads. torch: as PyTorch does, which torchvision\'s weights expect.'),
});

export type ResnetOptions = z.output<typeof resnetOptions>;

export interface Architecture {
  /** basic: two 3x3 convolutions. bottleneck: 1x1, 3x3, and 1x1 to four times the channels. */
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of each stage. */
  readonly depths: readonly number[];
}

export interface Block {
  readonly name: string;
  readonly residual: readonly Convolution[];
  /** 1x1 convolution on the shortcut, where the shape changes. */
  readonly shortcut: Convolution | undefined;
}

/** Channels that a block gives, times those of its 3x3 convolution. */
export const expansionOf = ({ block }: Architecture): number => (block === 'basic' ? 1 : 4);

/** What every convolution of a ResNet has of the options. */
const commonOf = ({ norm, padding }: ResnetOptions): Pick<Convolution, 'norm' | 'padding'> => ({ norm, ...(padding && { padding }) });

export function planStem(options: ResnetOptions, channels = 3): Convolution {
  const [size, stride] = options.stem === 'small' ? [3, 1] : [7, 2];
  return { name: 'trunk/stem', size, stride, channelsIn: channels, channelsOut: options.width, relu: true, ...commonOf(options) };
}

/** The pooling behind a large stem. */
export const poolOf = ({ padding }: ResnetOptions) => ({ size: 3, stride: 2, padding });

interface BlockSize {
  readonly channelsIn: number;
  /** Of the 3x3 convolutions. */
  readonly channels: number;
  readonly channelsOut: number;
  readonly stride: number;
}

/** Side, stride, channels in and out of the convolutions of a block. */
function windowsOf({ channelsIn, channels, channelsOut, stride }: BlockSize, { block }: Architecture): [number, number, number, number][] {
  return block === 'basic'
    ? [[3, stride, channelsIn, channels], [3, 1, channels, channels]]
    : [[1, 1, channelsIn, channels], [3, stride, channels, channels], [1, 1, channels, channelsOut]];
}

function planBlock(name: string, size: BlockSize, architecture: Architecture, options: ResnetOptions): Block {
  const { channelsIn, channelsOut, stride } = size;
  const changes = stride !== 1 || channelsIn !== channelsOut;
  const common = commonOf(options);
  const windows = windowsOf(size, architecture);
  return {
    name,
    residual: windows.map(([side, step, from, to], i): Convolution => {
      const isLast = i === windows.length - 1;
      const layer = { name: `${name}/conv${i + 1}`, size: side, stride: step, channelsIn: from, channelsOut: to, relu: !isLast, ...common };
      return isLast ? { ...layer, firstScale: 0 } : layer;
    }),
    shortcut: changes ? { name: `${name}/shortcut`, size: 1, stride, channelsIn, channelsOut, relu: false, ...common } : undefined,
  };
}

/** Stages from input to output, each with its blocks in order. */
export function planStages(architecture: Architecture, options: ResnetOptions): Block[][] {
  const expansion = expansionOf(architecture);
  return architecture.depths.map((depth, s) =>
    Array.from({ length: depth }, (_, b) => {
      const channels = options.width * 2 ** s;
      const channelsOut = channels * expansion;
      const before = s === 0 ? options.width : channelsOut / 2;
      const size = { channelsIn: b === 0 ? before : channelsOut, channels, channelsOut, stride: b === 0 && s > 0 ? 2 : 1 };
      return planBlock(`trunk/stage${s + 1}/block${b + 1}`, size, architecture, options);
    }),
  );
}
