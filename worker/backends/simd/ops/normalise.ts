// Normalisation of groups of channels as two kernels of our own, which tfjs does not know: worker/backends/ops.ts calls them.
// Shape letters: N images, P places, C channels, G groups.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { floatBits } from '../kernels.js';
import { defineOp } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';

/** Floats of a block of places: with its gradient it fits the first-level cache, as its columns are read four at a time. */
const BLOCK_FLOATS = 4096;

export interface NormaliseAttributes {
  readonly numGroups: number;
  readonly epsilon: number;
  /** Divides by the root of the sum of squares, not of their mean. */
  readonly isEnergy: boolean;
  /** A ReLU follows. */
  readonly relu: boolean;
}

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly scale?: TensorInfo;
  readonly shift?: TensorInfo;
}

interface BackwardInputs {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly moments: TensorInfo;
  readonly scale?: TensorInfo;
  /** What the forward pass gave, where a ReLU followed. */
  readonly output?: TensorInfo;
}

function planBlocks(x: TensorInfo) {
  const [N = 0, P = 0, C = 0] = x.shape;
  const perBlock = Math.max(1, Math.floor(BLOCK_FLOATS / C));
  const blocks = Math.ceil(P / perBlock);
  return { N, P, C, perBlock, blocks, sumsBytes: N * blocks * 2 * C * 8 };
}

/** Lends ranges of the heap to a function, then frees them. */
function withRanges<Result>(backend: SimdBackend, bytes: readonly number[], use: (...pointers: number[]) => Result): Result {
  const pointers = bytes.map((size) => backend.heap.allocate(size));
  const result = use(...pointers);
  for (const pointer of pointers) backend.heap.free(pointer);
  return result;
}

const pointerOr0 = (backend: SimdBackend, tensor: TensorInfo | undefined): number =>
  tensor === undefined ? 0 : backend.pointerOf(tensor);

/** Returns y and the moments, [N, 2, G] float64 as [N, 4 * G] floats: only the backward kernel reads them. */
function forward(backend: SimdBackend, { x, scale, shift }: ForwardInputs, attributes: NormaliseAttributes): TensorInfo[] {
  const { N, P, C, perBlock, blocks, sumsBytes } = planBlocks(x);
  const { numGroups, epsilon, isEnergy, relu } = attributes;
  const y = backend.createOutput(x.shape);
  const moments = backend.createOutput([N, 4 * numGroups]);
  const [xAt, yAt, momentsAt] = [x, y, moments].map((tensor) => backend.pointerOf(tensor)) as [number, number, number];
  withRanges(backend, [sumsBytes, N * 2 * C * 4], (sums = 0, coefficients = 0) => {
    const { kernels } = backend;
    const places = { P, C, perBlock, blocks };
    kernels.run('channelSums', N * blocks, { x: xAt, z: 0, output: 0, sums, ...places });
    kernels.run('groupForward', N, {
      sums, blocks, P, C, G: numGroups, scale: pointerOr0(backend, scale), shift: pointerOr0(backend, shift),
      epsilon: floatBits(epsilon), isEnergy: isEnergy ? 1 : 0, moments: momentsAt, coefficients,
    });
    kernels.run('applyForward', N * blocks, { x: xAt, y: yAt, coefficients, ...places, relu: relu ? 1 : 0 });
  });
  return [y, moments];
}

/** Returns the gradients of x, scale and shift. */
function backward(backend: SimdBackend, inputs: BackwardInputs, { numGroups, isEnergy }: NormaliseAttributes): TensorInfo[] {
  const { x, dy, moments, scale, output } = inputs;
  const { N, P, C, perBlock, blocks, sumsBytes } = planBlocks(x);
  const dx = backend.createOutput(x.shape);
  const dScale = backend.createOutput([C]);
  const dShift = backend.createOutput([C]);
  const [xAt, dyAt, dxAt] = [x, dy, dx].map((tensor) => backend.pointerOf(tensor)) as [number, number, number];
  const outputAt = pointerOr0(backend, output);
  withRanges(backend, [sumsBytes, N * 3 * C * 4, N * 2 * C * 8], (sums = 0, coefficients = 0, parts = 0) => {
    const { kernels } = backend;
    const places = { P, C, perBlock, blocks };
    kernels.run('channelSums', N * blocks, { x: xAt, z: dyAt, output: outputAt, sums, ...places });
    kernels.run('groupBackward', N, {
      sums, blocks, P, C, G: numGroups, scale: pointerOr0(backend, scale), isEnergy: isEnergy ? 1 : 0,
      moments: backend.pointerOf(moments), coefficients, parts,
    });
    kernels.run('sumParts', 1, { parts, N, C, dScale: backend.pointerOf(dScale), dShift: backend.pointerOf(dShift) });
    kernels.run('applyBackward', N * blocks, { x: xAt, dy: dyAt, output: outputAt, dx: dxAt, coefficients, ...places });
  });
  return [dx, dScale, dShift];
}

/** Mean and variance, [N, G] each, out of mean and inverse root in float64. */
function readMoments(backend: SimdBackend, { moments }: { moments: TensorInfo }, { numGroups, epsilon }: NormaliseAttributes): TensorInfo[] {
  const raw = new Float64Array((backend.valuesOf(moments) as Float32Array).slice().buffer);
  const shape = [moments.shape[0]!, numGroups];
  const [mean, variance] = [backend.createOutput(shape), backend.createOutput(shape)];
  const [means, variances] = [backend.valuesOf(mean), backend.valuesOf(variance)];
  for (let index = 0; index < means.length; index++) {
    const at = index + Math.floor(index / numGroups) * numGroups;
    means[index] = raw[at]!;
    variances[index] = 1 / raw[at + numGroups]! ** 2 - epsilon;
  }
  return [mean, variance];
}

export const normaliseOps = {
  NormaliseGroups: defineOp(forward),
  NormaliseGroupsGrad: defineOp(backward),
  NormaliseMoments: defineOp(readMoments),
} satisfies Record<string, Op>;
