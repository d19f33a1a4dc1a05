// What the kernels of normalisation share: sizes, and how work is laid out over threads. See normalise.ts, normalise-gradient.ts.
// Shape letters: N images, P places, C channels, G groups, K channels a group.

import type { TensorInfo } from '@tensorflow/tfjs-core';

export interface Attributes {
  readonly numGroups: number;
  readonly epsilon: number;
  /** Divides by the root of the sum of squares, not of their mean. */
  readonly isEnergy: boolean;
  /** A ReLU follows. */
  readonly relu: boolean;
}

/** A workgroup reads 32 channels of 8 places at once, 16 times. */
export const LANES = 32;
export const ROWS = 8;
export const PER_THREAD = 16;
export const BLOCK = ROWS * PER_THREAD;
export type Sizes = Readonly<Record<'N' | 'P' | 'C' | 'G' | 'K' | 'blocks', number>>;

export function sizesOf(x: TensorInfo, G: number): Sizes {
  const [N = 0, P = 0, C = 0] = x.shape;
  return { N, P, C, G, K: C / G, blocks: Math.ceil(P / BLOCK) };
}

export const keyOf = (name: string, sizes: Sizes, ...rest: readonly (string | number | boolean)[]): string =>
  [name, ...Object.values(sizes), ...rest].join('_');

/** WGSL: where this thread's channel is, its first place, and how many places of the block are its own. */
export const threadOf = ({ P }: Sizes): string => `
  let lane = i32(localId.x);
  let channel = i32(workgroupId.x) * ${LANES} + lane;
  let block = i32(workgroupId.y);
  let image = i32(workgroupId.z);
  let first = block * ${BLOCK} + i32(localId.y);
  let count = clamp((${P} - first + ${ROWS - 1}) / ${ROWS}, 0, ${PER_THREAD});`;

export const blockGrid = ({ N, C, blocks }: Sizes) =>
  ({ workgroup: [LANES, ROWS, 1], workgroups: [Math.ceil(C / LANES), blocks, N] }) as const;

/** WGSL: of the element at `index`: channel, mean, inverse root. */
export const elementOf = ({ P, C, G, K }: Sizes): string => `
  let channel = index % ${C};
  let group = channel / ${K};
  let image = index / ${P * C};
  let mean = moments[image * ${3 * G} + group];
  let root = moments[image * ${3 * G} + ${G} + group];`;
