// Bilinear resizing of images and its gradient.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';
import type { Slots } from '../slots.js';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

/** What is resized, and what comes out: themselves, or their gradients. */
interface Images {
  readonly x: TensorInfo;
  readonly y: TensorInfo;
}

function slotsOf(backend: SimdBackend, { x, y }: Images, { alignCorners, halfPixelCenters = false }: ResizeAttributes): Slots<'resizeBilinear'> {
  const [, H = 0, W = 0, C = 0] = x.shape;
  const [, OH = 0, OW = 0] = y.shape;
  const extents = (input: number, output: number): [number, number] => (alignCorners && output > 1 ? [input - 1, output - 1] : [input, output]);
  const [rowsIn, rowsOut] = extents(H, OH);
  const [columnsIn, columnsOut] = extents(W, OW);
  const isHalf = halfPixelCenters ? 1 : 0;
  return { x: backend.pointerOf(x), y: backend.pointerOf(y), H, W, C, OH, OW, rowsIn, rowsOut, columnsIn, columnsOut, isHalf };
}

export const resizeOps = {
  ResizeBilinear: defineOp((backend, { images }: { images: TensorInfo }, attributes: ResizeAttributes & { size: [number, number] }) => {
    if (!isFloat(images)) return undefined;
    const out = backend.createOutput([images.shape[0]!, ...attributes.size, images.shape[3]!]);
    backend.kernels.run('resizeBilinear', images.shape[0]!, slotsOf(backend, { x: images, y: out }, attributes));
    return out;
  }),

  ResizeBilinearGrad: defineOp((backend, { images, dy }: { images: TensorInfo; dy: TensorInfo }, attributes: ResizeAttributes) => {
    const out = backend.createOutput(images.shape);
    backend.kernels.run('resizeBilinearGradient', images.shape[0]!, slotsOf(backend, { x: out, y: dy }, attributes));
    return out;
  }),
} satisfies Record<string, Op>;
