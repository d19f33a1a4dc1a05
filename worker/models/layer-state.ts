// The few layers that trunks and heads are made of, as the arrays of their state. Loads no tensor library; layers.ts computes.

import type { StateSpec, TrainedSpec } from '../../shared/state/spec.js';

/** `group` standardises the weights too (Qiao et al. 2019), which takes the place of batch statistics. */
export type Norm = 'group' | 'batch' | 'none';

/** How windows of stride 2 see the edges of a map: as TensorFlow pads, or as PyTorch. */
export type Padding = 'same' | 'torch';

export interface Convolution {
  readonly name: string;
  readonly size: number;
  readonly stride: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly norm: Norm;
  /** Cuts the result at 0. */
  readonly relu: boolean;
  /** First value of the normalisation's scale: 0 makes a residual branch start silent. Default 1. */
  readonly firstScale?: number;
  /** Default same. */
  readonly padding?: Padding;
}

/** Added to a channel's sum of squared weights, which is near 2 at the start. */
export const KERNEL_EPSILON = 1e-4;
/** Added to the variance of a group, or of a channel. */
export const EPSILON = 1e-5;
const CHANNELS_PER_GROUP = 16;

/** 16 channels a group (Wu and He 2018), one group where that does not divide. */
export function groupsOf(channels: number): number {
  return channels % CHANNELS_PER_GROUP === 0 ? channels / CHANNELS_PER_GROUP : 1;
}

/** Share of the old value that a running statistic keeps at an update. */
const STATISTIC_MOMENTUM = 0.9;

/** A trained vector that begins with one value everywhere and does not decay: a bias, a scale, a shift. */
export const vector = (name: string, length: number, value: number): TrainedSpec => ({
  kind: 'trained', name, shape: [length], decay: false, init: { kind: 'constant', value },
});

/** `scale` and `shift` of a normalisation. */
export const affineState = (name: string, length: number, firstScale = 1): TrainedSpec[] =>
  [vector(`${name}/scale`, length, firstScale), vector(`${name}/shift`, length, 0)].map((spec) => ({ ...spec, isNorm: true }));

const statistic = (name: string, length: number, value: number): StateSpec => ({
  kind: 'statistic', name, shape: [length], momentum: STATISTIC_MOMENTUM, init: { kind: 'constant', value },
});

/** The state of a convolution with its normalisation: `kernel`, then `scale` and `shift` or `bias`, then statistics. */
export function convolutionState(layer: Convolution): StateSpec[] {
  const { name, size, channelsIn, channelsOut, norm } = layer;
  const fanIn = size * size * channelsIn;
  const kernel: StateSpec = {
    name: `${name}/kernel`,
    shape: [size, size, channelsIn, channelsOut],
    kind: 'trained',
    init: { kind: 'heUniform', fanIn },
    decay: true,
  };
  if (norm === 'none') return [kernel, vector(`${name}/bias`, channelsOut, 0)];
  const affine = affineState(name, channelsOut, layer.firstScale);
  if (norm === 'group') return [kernel, ...affine];
  return [
    kernel,
    ...affine,
    statistic(`${name}/mean`, channelsOut, 0),
    statistic(`${name}/variance`, channelsOut, 1),
  ];
}

export interface Dense {
  readonly name: string;
  readonly numInputs: number;
  readonly numOutputs: number;
  /** Times the He-uniform bound. Default 1; small for a last layer, so that an untrained network scores about as chance does. */
  readonly gain?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** The state of a fully connected layer: `kernel` [in, out] and `bias`. */
export function denseState({ name, numInputs, numOutputs, gain = 1, bias = true }: Dense): StateSpec[] {
  const kernel: StateSpec = {
    name: `${name}/kernel`,
    shape: [numInputs, numOutputs],
    kind: 'trained',
    init: { kind: 'heUniform', fanIn: numInputs, gain },
    decay: true,
  };
  return bias ? [kernel, vector(`${name}/bias`, numOutputs, 0)] : [kernel];
}

/** The same arrays, trained by the losses of another player than the trunk's. */
export const trainedBy = (player: string, specs: readonly StateSpec[]): StateSpec[] => specs.map((spec) => (spec.kind === 'trained' ? { ...spec, player } : spec));
