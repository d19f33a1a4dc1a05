// 3x3 convolutions of stride 1 by Winograd's algorithm, in blocks of tiles that stay in the cache: 16 matrix products with
// 16 multiplications where the definition has 36. Which convolutions go this way depends on their shape alone.

import { frameImages, releaseFrame } from './frame.js';
import type { Framed, Windows } from './frame.js';
import { countPanels, multiplyColumns, multiplyRows } from './gemm.js';
import type { PackedMatrix } from './gemm.js';
import type { SimdBackend } from './simd-backend.js';
import type { Slots } from './slots.js';

/** Products of a tile: one for each element of its 4x4 transform. */
const POSITIONS = 16;
/** Bytes of a block's transformed inputs. */
const BLOCK_BYTES = 2 ** 20;
/** Bytes between the planes of a transform, so that they do not meet in the same lines of the cache. */
const PLANE_GAP_BYTES = 64;
/** Tiles that a chunk of a transform takes. */
const TILES_PER_CHUNK = 16;

/** A filter of nine taps [C, D] by its strides: as it is, or packed. */
export interface Taps {
  readonly pointer: number;
  readonly tapBytes: number;
  readonly rowBytes: number;
  readonly panelBytes: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
}

/** The filter as it lies in a tensor [3, 3, C, D]. */
export function tapsOf(pointer: number, channelsIn: number, channelsOut: number): Taps {
  const rowBytes = channelsOut * 4;
  return { pointer, tapBytes: channelsIn * rowBytes, rowBytes, panelBytes: 32, channelsIn, channelsOut };
}

/** The filter packed for a product of windows: [panels][9 * C][8]. */
export function tapsOfPacked({ pointer, depth, columns }: PackedMatrix): Taps {
  return { pointer, tapBytes: (depth / 9) * 32, rowBytes: 32, panelBytes: depth * 32, channelsIn: depth / 9, channelsOut: columns };
}

const planeBytesOf = (rows: number, columns: number): number => rows * columns * 4 + PLANE_GAP_BYTES;

export interface Images {
  readonly pointer: number;
  /** [N, H, W, C] */
  readonly shape: readonly number[];
}

/** Whether a convolution of C to D channels gains: its channels fill vectors and its tiles waste little. */
export function isWinograd(windows: Windows, channelsIn: number, channelsOut: number): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth } = windows;
  if (filterHeight !== 3 || filterWidth !== 3 || strideHeight !== 1 || strideWidth !== 1) return false;
  if (channelsIn % 8 !== 0 || channelsOut % 8 !== 0 || channelsIn < 16 || channelsOut < 16) return false;
  const tiles = Math.ceil(outHeight / 2) * Math.ceil(outWidth / 2);
  return tiles * POSITIONS <= 0.75 * 9 * outHeight * outWidth;
}

/** Tiles of 2x2 outputs over the images, and how they are cut into blocks. */
function planTiles(images: Images, windows: Windows) {
  const [numImages = 0, , , channels = 0] = images.shape;
  const down = Math.ceil(windows.outHeight / 2);
  const across = Math.ceil(windows.outWidth / 2);
  const count = numImages * down * across;
  const most = Math.max(64, Math.floor(BLOCK_BYTES / (POSITIONS * channels * 4)));
  const perBlock = Math.ceil(count / Math.ceil(count / most));
  return { numImages, channels, down, across, count, perBlock };
}

type Tiles = ReturnType<typeof planTiles>;

/** A frame that whole tiles fit into, and where each tile begins in it. */
function frameTiles(backend: SimdBackend, images: Images, windows: Windows, { numImages, channels, down, across }: Tiles) {
  const framed = frameImages(backend, images.pointer, images.shape, { ...windows, outHeight: 2 * down, outWidth: 2 * across });
  const strides = [framed.imageBytes, framed.rowBytes * 2, channels * 8] as const;
  return { framed, offsets: backend.rowTables.grid([numImages, down, across], framed.origin, strides) };
}

/** Calls with the first tile and the number of tiles of every block. */
function forEachBlock({ count, perBlock }: Tiles, run: (first: number, numTiles: number) => void): void {
  for (let first = 0; first < count; first += perBlock) run(first, Math.min(perBlock, count - first));
}

/** Some tiles of `channels` channels: where the offsets of their inputs lie, and where their transforms go. */
interface TileBlock {
  readonly offsets: number;
  readonly to: number;
  readonly numTiles: number;
  readonly channels: number;
}

function transformInput({ kernels }: SimdBackend, { pointer, rowBytes }: Framed, { offsets, to, numTiles, channels }: TileBlock): void {
  kernels.run('winogradInput', Math.ceil(numTiles / TILES_PER_CHUNK), {
    x: pointer, offsets, V: to, T: numTiles, C: channels, rowBytes, perChunk: TILES_PER_CHUNK, planeBytes: planeBytesOf(numTiles, channels),
  });
}

/** Reads or writes the outputs of a block of tiles, of `D` channels. */
interface OutputBlock {
  readonly from: number;
  readonly to: number;
  /** Of all tiles, the block's first. */
  readonly first: number;
  readonly numTiles: number;
  readonly D: number;
}

function slotsOfTiles({ down, across }: Tiles, { outHeight, outWidth }: Windows, { from, to, first, numTiles, D }: OutputBlock): Slots<'winogradOutput'> {
  const image = { down, across, height: outHeight, width: outWidth };
  return { from, to, T: numTiles, D, first, ...image, perChunk: TILES_PER_CHUNK, planeBytes: planeBytesOf(numTiles, D) };
}

/** The filter as 16 packed matrices. The caller frees the first one's pointer. */
function transformFilter(backend: SimdBackend, taps: Taps): PackedMatrix[] {
  const { channelsIn, channelsOut, tapBytes, rowBytes, panelBytes } = taps;
  const planeBytes = planeBytesOf(channelsIn, channelsOut);
  const pointer = backend.heap.allocate(POSITIONS * planeBytes);
  const slots = { filter: taps.pointer, U: pointer, C: channelsIn, tapBytes, rowBytes, panelBytes, planeBytes };
  backend.kernels.run('winogradFilter', countPanels(channelsOut), slots);
  return Array.from({ length: POSITIONS }, (_, p) => ({ pointer: pointer + p * planeBytes, depth: channelsIn, columns: channelsOut }));
}

/** Which windows of which images. */
export interface Windowed {
  readonly images: Images;
  readonly windows: Windows;
}

/** Convolves images with a filter of nine taps; `to` is [N, outHeight, outWidth, D]. */
export function winogradConvolution(backend: SimdBackend, { images, windows }: Windowed, taps: Taps, to: number): void {
  const { heap, kernels, rowTables } = backend;
  const tiles = planTiles(images, windows);
  const { channels, perBlock } = tiles;
  const D = taps.channelsOut;
  const filters = transformFilter(backend, taps);
  const inputs = heap.allocate(POSITIONS * planeBytesOf(perBlock, channels));
  const products = heap.allocate(POSITIONS * planeBytesOf(perBlock, D));
  const { framed, offsets } = frameTiles(backend, images, windows, tiles);
  forEachBlock(tiles, (first, numTiles) => {
    transformInput(backend, framed, { offsets: offsets.pointer + first * 4, to: inputs, numTiles, channels });
    const rows = rowTables.linear(numTiles, channels * 4);
    const outRows = rowTables.linear(numTiles, D * 4);
    filters.forEach((filter, p) => {
      const a = { pointer: inputs + p * planeBytesOf(numTiles, channels), rows, shape: { segments: 1, length: channels, segmentStride: 0 } };
      multiplyRows(kernels, a, filter, { pointer: products + p * planeBytesOf(numTiles, D), rows: outRows });
    });
    const slots = slotsOfTiles(tiles, windows, { from: products, to, first, numTiles, D });
    kernels.run('winogradOutput', Math.ceil(numTiles / TILES_PER_CHUNK), slots);
  });
  releaseFrame(backend, framed);
  for (const pointer of [filters[0]!.pointer, inputs, products]) heap.free(pointer);
}

/** Gradient of the filter [3, 3, C, D], written to `to`, from the images and the output's gradient `dy`, [N, outHeight, outWidth, D]. */
export function winogradFilterGradient(
  backend: SimdBackend, { images, windows }: Windowed, { dy, D }: { readonly dy: number; readonly D: number }, to: number,
): void {
  const { heap, kernels, rowTables } = backend;
  const tiles = planTiles(images, windows);
  const { channels, perBlock } = tiles;
  const sumBytes = planeBytesOf(channels, D);
  const inputs = heap.allocate(POSITIONS * planeBytesOf(perBlock, channels));
  const gradients = heap.allocate(POSITIONS * planeBytesOf(perBlock, D));
  const sums = heap.allocate(POSITIONS * sumBytes);
  const { framed, offsets } = frameTiles(backend, images, windows, tiles);
  forEachBlock(tiles, (first, numTiles) => {
    transformInput(backend, framed, { offsets: offsets.pointer + first * 4, to: inputs, numTiles, channels });
    const slots = slotsOfTiles(tiles, windows, { from: dy, to: gradients, first, numTiles, D });
    kernels.run('winogradGradient', Math.ceil(numTiles / TILES_PER_CHUNK), slots);
    const rows = rowTables.linear(numTiles, channels * 4);
    for (let p = 0; p < POSITIONS; p++) {
      const a = { pointer: inputs + p * planeBytesOf(numTiles, channels), rows, shape: { segments: 1, length: channels, segmentStride: 0 } };
      const b = { pointer: gradients + p * planeBytesOf(numTiles, D), depth: numTiles, columns: D };
      multiplyColumns(kernels, a, b, { pointer: sums + p * sumBytes, accumulate: first > 0 });
    }
  });
  kernels.run('winogradFilterGradient', channels, { dU: sums, dg: to, C: channels, D, planeBytes: sumBytes });
  releaseFrame(backend, framed);
  for (const pointer of [inputs, gradients, sums]) heap.free(pointer);
}
