// Max and average pooling of NHWC images, and their gradients.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import type { KernelOf } from '../slots.js';
import { windowSlots } from '../window-slots.js';

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function describe(shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): backend_util.Conv2DInfo {
  return backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
}

/** `tensors` are from, to, and for the gradient of a maximum x and y. */
function run(backend: SimdBackend, kernel: KernelOf<'Pool'>, info: backend_util.Conv2DInfo, tensors: readonly TensorInfo[]): void {
  const [from = 0, to = 0, x = 0, y = 0] = tensors.map((tensor) => backend.pointerOf(tensor));
  const { inHeight: H, inWidth: W, inChannels: C } = info;
  backend.kernels.run(kernel, info.batchSize, { from, to, x, y, H, W, C, ...windowSlots(info) });
}

function pool(kernel: KernelOf<'Pool'>): Op {
  return defineOp((backend, { x }: { x: TensorInfo }, attributes: PoolAttributes) => {
    if (!isFloat(x)) return undefined;
    const info = describe(x.shape, attributes);
    const out = backend.createOutput(info.outShape);
    run(backend, kernel, info, [x, out]);
    return out;
  });
}

export const poolOps = {
  MaxPool: pool('maxPool'),
  AvgPool: pool('avgPool'),

  MaxPoolGrad: defineOp((backend, inputs: { dy: TensorInfo; input: TensorInfo; output: TensorInfo }, attributes: PoolAttributes) => {
    const { dy, input, output } = inputs;
    const dx = backend.createOutput(input.shape);
    run(backend, 'maxPoolGrad', describe(input.shape, attributes), [dy, dx, input, output]);
    return dx;
  }),

  AvgPoolGrad: defineOp((backend, { dy, input }: { dy: TensorInfo; input: TensorInfo }, attributes: PoolAttributes) => {
    const dx = backend.createOutput(input.shape);
    run(backend, 'avgPoolGrad', describe(input.shape, attributes), [dy, dx]);
    return dx;
  }),
} satisfies Record<string, Op>;
