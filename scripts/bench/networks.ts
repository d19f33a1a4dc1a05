// The networks that the step benchmark trains, as plain data that the PyTorch peer reads too.
// Left out: the models of worker/models; these are fixed yardsticks.

export type Norm = 'batch' | 'group';

export type Layer =
  | { readonly type: 'conv'; readonly from: number; readonly to: number; readonly size: number; readonly stride: number; readonly relu: boolean }
  | { readonly type: 'maxpool'; readonly size: number; readonly stride: number }
  /** A residual block of two 3x3 convolutions, with a 1x1 convolution on the shortcut where the shape changes. */
  | { readonly type: 'block'; readonly from: number; readonly to: number; readonly stride: number };

export interface Network {
  readonly name: string;
  readonly side: number;
  readonly norm: Norm;
  readonly groups: number;
  readonly layers: readonly Layer[];
  /** Channels that are averaged over the image and classified. */
  readonly features: number;
  readonly classes: number;
}

function createConvnet(norm: Norm): Network {
  const conv = (from: number, to: number, stride: number): Layer => ({ type: 'conv', from, to, size: 3, stride, relu: true });
  const layers = [conv(3, 32, 1), conv(32, 64, 2), { type: 'maxpool', size: 2, stride: 2 } as const, conv(64, 128, 1)];
  return { name: `convnet-${norm}`, side: 32, norm, groups: 8, layers, features: 128, classes: 10 };
}

function createResnet18(norm: Norm): Network {
  const stage = (from: number, to: number, stride: number): Layer[] => [
    { type: 'block', from, to, stride },
    { type: 'block', from: to, to, stride: 1 },
  ];
  const layers: Layer[] = [
    { type: 'conv', from: 3, to: 64, size: 7, stride: 2, relu: true },
    { type: 'maxpool', size: 3, stride: 2 },
    ...stage(64, 64, 1),
    ...stage(64, 128, 2),
    ...stage(128, 256, 2),
    ...stage(256, 512, 2),
  ];
  return { name: `resnet18-${norm}`, side: 64, norm, groups: 8, layers, features: 512, classes: 100 };
}

export const networks: readonly Network[] = [
  createConvnet('batch'),
  createConvnet('group'),
  createResnet18('batch'),
  createResnet18('group'),
];
