// Images with the zeros around them that the windows of a convolution reach into: a window's rows are contiguous there.
// Shape letters: N images, H, W, C.

import type { SimdBackend } from './simd-backend.js';

/** An image with the zeros around it that windows of one kind need. `isCopy` says whether the pointer must be freed. */
export interface Framed {
  readonly pointer: number;
  readonly isCopy: boolean;
  /** Bytes of a row and of an image of the frame. */
  readonly rowBytes: number;
  readonly imageBytes: number;
  /** Byte offset of the first window. */
  readonly origin: number;
}

export interface Windows {
  readonly top: number;
  readonly left: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * Frames images [N, H, W, C]. Negative margins, which gradients of cropping convolutions have, only move the origin.
 * Free with `releaseFrame`.
 */
export function frameImages(backend: SimdBackend, pointer: number, shape: readonly number[], windows: Windows): Framed {
  const [numImages = 0, height = 0, width = 0, channels = 0] = shape;
  const top = Math.max(0, windows.top);
  const left = Math.max(0, windows.left);
  const lastRow = (windows.outHeight - 1) * windows.strideHeight + windows.filterHeight - windows.top;
  const lastColumn = (windows.outWidth - 1) * windows.strideWidth + windows.filterWidth - windows.left;
  const frameHeight = top + Math.max(height, lastRow);
  const rowFloats = (left + Math.max(width, lastColumn)) * channels;
  const frame = {
    rowBytes: rowFloats * 4,
    imageBytes: rowFloats * frameHeight * 4,
    origin: ((top - windows.top) * rowFloats + (left - windows.left) * channels) * 4,
  };
  if (frameHeight === height && rowFloats === width * channels) return { ...frame, pointer, isCopy: false };
  const copy = backend.heap.allocate(numImages * frame.imageBytes);
  backend.kernels.run('frame', numImages, {
    x: pointer, y: copy, height, rowFloats: width * channels, frameHeight, frameRowFloats: rowFloats, top, leftFloats: left * channels,
  });
  return { ...frame, pointer: copy, isCopy: true };
}

export function releaseFrame(backend: SimdBackend, framed: Framed): void {
  if (framed.isCopy) backend.heap.free(framed.pointer);
}
