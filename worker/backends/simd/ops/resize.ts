// Bilinear resizing of images and its gradient.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineOp, isFloat } from '../op.js';
import type { Op } from '../op.js';
import type { SimdBackend } from '../simd-backend.js';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

/** `small` is what is resized, or its gradient; `large` is the result, which may well be the smaller one. */
function run(backend: SimdBackend, kernel: string, small: TensorInfo, large: TensorInfo, { alignCorners, halfPixelCenters = false }: ResizeAttributes): void {
  const [numImages = 0, H = 0, W = 0, C = 0] = small.shape;
  const [, OH = 0, OW = 0] = large.shape;
  const extents = (input: number, output: number): number[] => (alignCorners && output > 1 ? [input - 1, output - 1] : [input, output]);
  const pointers = [backend.pointerOf(small), backend.pointerOf(large)];
  backend.kernels.run(kernel, numImages, [...pointers, H, W, C, OH, OW, ...extents(H, OH), ...extents(W, OW), halfPixelCenters ? 1 : 0]);
}

export const resizeOps = {
  ResizeBilinear: defineOp((backend, { images }: { images: TensorInfo }, attributes: ResizeAttributes & { size: [number, number] }) => {
    if (!isFloat(images)) return undefined;
    const out = backend.createOutput([images.shape[0]!, ...attributes.size, images.shape[3]!]);
    run(backend, 'resizeBilinear', images, out, attributes);
    return out;
  }),

  ResizeBilinearGrad: defineOp((backend, { images, dy }: { images: TensorInfo; dy: TensorInfo }, attributes: ResizeAttributes) => {
    const out = backend.createOutput(images.shape);
    run(backend, 'resizeBilinearGradient', out, dy, attributes);
    return out;
  }),
} satisfies Record<string, Op>;
