// What the shaders of products share: filling the tiles in workgroup memory, and where a workgroup's tile lies and is written.

import { DEPTH, MOST_TILES_DOWN } from './plan.js';
import type { Operand, Product, Tiling } from './plan.js';

/** A shader of a product, as the rest of its Shader and Grid need it. */
export interface ProductShader {
  /** Tells it from the other shader of the same product. */
  readonly name: string;
  readonly workgroup: readonly [number, number, number];
  readonly code: () => string;
}

export const list = (count: number, each: (i: number) => string): string => Array.from({ length: count }, (_, i) => each(i)).join('\n');

interface Tile {
  readonly name: 'A' | 'B';
  readonly operand: Operand;
  /** Rows or columns that there are. */
  readonly extent: number;
  readonly depth: number;
  readonly side: number;
  /** Floats from one row of the tile, of one depth, to the next. */
  readonly stride: number;
  readonly threads: number;
  /** WGSL of the place in its line that a column has. Default: as it is. */
  readonly swap?: (outer: string, within: string) => string;
  /** WGSL that keeps the number `value` at place `at` of the tile. */
  readonly store: (at: string, value: string) => string;
  /** The same of four numbers that stay side by side. Default: one by one. */
  readonly storeVector?: (at: string, values: string) => string;
}

/** `fn readA` or `readB` as the caller wrote it. */
export function writeRead(name: 'A' | 'B', { isVector, read }: Operand): string {
  const type = isVector ? 'vec4<f32>' : 'f32';
  return `fn read${name}(batch: i32, outer: i32, depth: i32) -> ${type} { let zero = ${type}(0.0); ${read} }`;
}

/** The loop that fills a tile, [DEPTH, side], from `first` and `depth0` on: neighbouring threads read neighbours, one or four each. */
export function writeFill({ name, operand, extent, depth, side, stride, threads, swap = (place) => place, store, storeVector }: Tile): string {
  const { isVector, contiguous } = operand;
  const width = isVector ? 4 : 1;
  const first = name === 'A' ? 'firstRow' : 'firstColumn';
  const perLine = (contiguous === 'outer' ? side : DEPTH) / width;
  const [along, across] = [`i % ${perLine} * ${width}`, `i / ${perLine}`];
  const [outer, within] = contiguous === 'outer' ? [along, across] : [across, along];
  const step = contiguous === 'outer' ? 1 : stride;
  const keepEach = list(width, (j) => store(`at + ${j * step}`, isVector ? `values[${j}]` : 'values'));
  return `
    for (var i = thread; i < ${(side * DEPTH) / width}; i += ${threads}) {
      let outer = ${outer};
      let within = ${within};
      var values = ${isVector ? 'vec4<f32>' : 'f32'}(0.0);
      if (${first} + outer < ${extent} && depth0 + within < ${depth}) { values = read${name}(batch, ${first} + outer, depth0 + within); }
      let at = within * ${stride} + ${swap('outer', 'within')};
      ${isVector && contiguous === 'outer' && storeVector ? storeVector('at', 'values') : keepEach}
    }`;
}

/** `fn write` of one element where there is one. */
export function writeWrite({ batches, rows, columns, place = `(batch * ${rows} + row) * ${columns} + column` }: Product): string {
  return `
    fn write(batch: i32, split: i32, row: i32, column: i32, value: f32) {
      if (row < ${rows} && column < ${columns}) { result[split * ${batches * rows * columns} + ${place}] = value; }
    }`;
}

/** WGSL: the thread, and what of the product its workgroup computes. */
export function writePlace({ batches }: Product, { side, splits }: Tiling): string {
  return `
    let thread = i32(localIndex);
    let part = i32(workgroupId.z) % ${batches * splits};
    let batch = part / ${splits};
    let split = part % ${splits};
    let firstRow = (i32(workgroupId.z) / ${batches * splits} * ${MOST_TILES_DOWN} + i32(workgroupId.y)) * ${side};
    let firstColumn = i32(workgroupId.x) * ${side};`;
}
