// The networks that the step benchmark trains, as plain data that the PyTorch peer reads too.
// Left out: the models of worker/models; these are fixed yardsticks.

import { PretextError } from '../../shared/errors/pretext-error.js';

export type Norm = 'batch' | 'group';

/** With a normalisation behind it, and then a ReLU or not. */
export interface Convolution {
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  readonly relu: boolean;
}

export type Layer =
  | ({ readonly type: 'convolution' } & Convolution)
  | { readonly type: 'maxpool'; readonly size: number; readonly stride: number }
  /** The body's result plus the input, which goes through a convolution where the shape changes; then a ReLU. */
  | { readonly type: 'residual'; readonly body: readonly Convolution[]; readonly shortcut: Convolution | null };

export interface Network {
  readonly name: string;
  /** Height and width of the images. */
  readonly side: number;
  readonly norm: Norm;
  readonly groups: number;
  readonly layers: readonly Layer[];
  /** Channels that are averaged over the image and classified. */
  readonly features: number;
  readonly classes: number;
}

const convolution = (size: number, [from, to]: readonly [number, number], stride: number, relu = true): Convolution => ({ size, from, to, stride, relu });

function createConvnet(norm: Norm): Network {
  const layers: Layer[] = [
    { type: 'convolution', ...convolution(3, [3, 32], 1) },
    { type: 'convolution', ...convolution(3, [32, 64], 2) },
    { type: 'maxpool', size: 2, stride: 2 },
    { type: 'convolution', ...convolution(3, [64, 128], 1) },
  ];
  return { name: `convnet-${norm}`, side: 32, norm, groups: 8, layers, features: 128, classes: 10 };
}

/** What a residual block has between its input and the sum; `width` is 64 in the first stage and doubles from stage to stage. */
type Body = (from: number, width: number, stride: number) => readonly Convolution[];

const basic: Body = (from, width, stride) => [convolution(3, [from, width], stride), convolution(3, [width, width], 1, false)];

/** The stride on the 3x3 convolution, as in torchvision. */
const bottleneck: Body = (from, width, stride) => [
  convolution(1, [from, width], 1),
  convolution(3, [width, width], stride),
  convolution(1, [width, 4 * width], 1, false),
];

/** He et al. 2015, "Deep Residual Learning for Image Recognition". */
function createResnet(kind: string, norm: Norm, createBody: Body, stages: readonly number[]): Network {
  const layers: Layer[] = [
    { type: 'convolution', ...convolution(7, [3, 64], 2) },
    { type: 'maxpool', size: 3, stride: 2 },
  ];
  let from = 64;
  for (const [stage, numBlocks] of stages.entries()) {
    for (let block = 0; block < numBlocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const body = createBody(from, 64 * 2 ** stage, stride);
      const { to } = body.at(-1)!;
      layers.push({ type: 'residual', body, shortcut: from === to ? null : convolution(1, [from, to], stride, false) });
      from = to;
    }
  }
  return { name: `${kind}-${norm}`, side: 64, norm, groups: 8, layers, features: from, classes: 100 };
}

export const networks: readonly Network[] = [
  createConvnet('batch'),
  createConvnet('group'),
  createResnet('resnet18', 'batch', basic, [2, 2, 2, 2]),
  createResnet('resnet18', 'group', basic, [2, 2, 2, 2]),
  createResnet('resnet50', 'batch', bottleneck, [3, 4, 6, 3]),
  createResnet('resnet50', 'group', bottleneck, [3, 4, 6, 3]),
];

/** The networks whose names contain one of the parts. Throws PretextError BAD_ARGUMENT for a part that no name contains. */
export function findNetworks(parts: readonly string[]): readonly Network[] {
  const unknown = parts.find((part) => !networks.some(({ name }) => name.includes(part)));
  if (unknown !== undefined) {
    throw new PretextError('BAD_ARGUMENT', `expected part of a network's name; got '${unknown}'`, {
      hint: `The networks are ${networks.map(({ name }) => name).join(', ')}.`,
    });
  }
  return networks.filter(({ name }) => parts.some((part) => name.includes(part)));
}
