// Matrix products whose operands are read by a shader of the caller's (implicit GEMM): tiles go through workgroup memory, every
// thread keeps a block of sums in registers. Always the same order of additions: no atomics, and splits depend on shapes alone.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { runElements, runGrid } from './program.js';
import type { GpuBackend } from './program.js';

/** One of the two matrices, [rows or columns] x [depth], by a WGSL function body that reads it. */
export interface Operand {
  /** Along which of the two its elements lie side by side in memory, so that neighbouring threads read neighbours. */
  readonly contiguous: 'outer' | 'depth';
  /** True: `element` is the first of four that lie in one vec4<f32>; the contiguous extent then divides by 4. */
  readonly isVector: boolean;
  /** Statements that return `buffer[...]`, or `zero`, from batch, outer and depth. */
  readonly read: string;
}

export interface Product {
  /** Names the shader together with the sizes. */
  readonly key: string;
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly left: Operand;
  readonly right: Operand;
  /** WGSL expression of where batch, row and column are written. Default: in that order. */
  readonly place?: string;
}

interface Tiling {
  readonly side: 64 | 32;
  readonly splits: number;
  readonly stepsPerSplit: number;
}

/** Depth of a tile, and rows and columns of a thread's block. */
const DEPTH = 16;
const BLOCK = 4;
/** A row of a tile has two floats more, so that the threads of a warp write to different banks. */
const PAD = 2;
/** Workgroups that keep a large GPU busy. Chosen without one at hand. */
const ENOUGH_WORKGROUPS = 128;
const LEAST_SPLIT_DEPTH = 256;
const MOST_SPLITS = 64;

/** How a product is cut, from its sizes alone: the same on every adapter. Only a product that is written in order is split. */
export function planTiling({ batches, rows, columns, depth, place }: Product): Tiling {
  const count = (side: number): number => batches * Math.ceil(rows / side) * Math.ceil(columns / side);
  const side = count(64) >= ENOUGH_WORKGROUPS ? 64 : 32;
  const wanted = Math.min(Math.ceil(ENOUGH_WORKGROUPS / count(side)), Math.floor(depth / LEAST_SPLIT_DEPTH), MOST_SPLITS);
  const steps = Math.max(1, Math.ceil(depth / DEPTH));
  const stepsPerSplit = Math.ceil(steps / (place === undefined ? Math.max(1, wanted) : 1));
  return { side, stepsPerSplit, splits: Math.ceil(steps / stepsPerSplit) };
}

const list = (count: number, each: (i: number) => string): string => Array.from({ length: count }, (_, i) => each(i)).join('\n');

/** `fn readX` as the caller wrote it, and the loop that fills a tile: neighbouring threads read neighbours, one or four each. */
function writeOperand(name: 'A' | 'B', { isVector, contiguous, read }: Operand, extent: number, depth: number, side: number) {
  const width = isVector ? 4 : 1;
  const type = isVector ? 'vec4<f32>' : 'f32';
  const perLine = (contiguous === 'outer' ? side : DEPTH) / width;
  const [along, across] = [`i % ${perLine} * ${width}`, `i / ${perLine}`];
  const [outer, within] = contiguous === 'outer' ? [along, across] : [across, along];
  const stride = contiguous === 'outer' ? 1 : side + PAD;
  return {
    functions: `
      fn read${name}(batch: i32, outer: i32, depth: i32) -> ${type} { let zero = ${type}(0.0); ${read} }
      var<workgroup> tile${name}: array<f32, ${DEPTH * (side + PAD)}>;`,
    fill: (first: string, threads: number) => `
      for (var i = thread; i < ${(side * DEPTH) / width}; i += ${threads}) {
        let outer = ${outer};
        let within = ${within};
        var values = ${type}(0.0);
        if (${first} + outer < ${extent} && depth0 + within < ${depth}) { values = read${name}(batch, ${first} + outer, depth0 + within); }
        let at = within * ${side + PAD} + outer;
        ${list(width, (j) => `tile${name}[at + ${j * stride}] = values${isVector ? `[${j}]` : ''};`)}
      }`,
  };
}

function writeShader(product: Product, { side, splits, stepsPerSplit }: Tiling): string {
  const { batches, rows, columns, depth, place = `(batch * ${rows} + row) * ${columns} + column` } = product;
  const across = side / BLOCK;
  const threads = across * across;
  const a = writeOperand('A', product.left, rows, depth, side);
  const b = writeOperand('B', product.right, columns, depth, side);
  const blocks = (each: (i: number, j: number) => string): string => list(BLOCK, (i) => list(BLOCK, (j) => each(i, j)));
  return `
    ${a.functions}
    ${b.functions}
    fn write(batch: i32, split: i32, row: i32, column: i32, value: f32) {
      if (row < ${rows} && column < ${columns}) { result[split * ${batches * rows * columns} + ${place}] = value; }
    }
    fn compute() {
      let thread = i32(localIndex);
      let batch = i32(workgroupId.z) / ${splits};
      let split = i32(workgroupId.z) % ${splits};
      let firstRow = i32(workgroupId.y) * ${side};
      let firstColumn = i32(workgroupId.x) * ${side};
      let x = thread % ${across};
      let y = thread / ${across};
      ${blocks((i, j) => `var s${i}${j} = 0.0;`)}
      for (var step = 0; step < ${stepsPerSplit}; step++) {
        let depth0 = (split * ${stepsPerSplit} + step) * ${DEPTH};
        ${a.fill('firstRow', threads)}
        ${b.fill('firstColumn', threads)}
        workgroupBarrier();
        for (var k = 0; k < ${DEPTH}; k++) {
          let row = k * ${side + PAD};
          ${list(BLOCK, (i) => `let a${i} = tileA[row + y + ${i * across}]; let b${i} = tileB[row + x + ${i * across}];`)}
          ${blocks((i, j) => `s${i}${j} += a${i} * b${j};`)}
        }
        workgroupBarrier();
      }
      ${blocks((i, j) => `write(batch, split, firstRow + y + ${i * across}, firstColumn + x + ${j * across}, s${i}${j});`)}
    }`;
}

/** Runs a product of buffers `a` and `b` into a tensor of this shape, or into `output`. The caller owns the result. */
export function runProduct(backend: GpuBackend, product: Product, a: TensorInfo, b: TensorInfo, shape: readonly number[], output?: TensorInfo): TensorInfo {
  const { key, batches, rows, columns, depth, left, right } = product;
  const tiling = planTiling(product);
  const { side, splits } = tiling;
  const shader = {
    key: `${key}_${[batches, rows, columns, depth, side, splits].join('_')}_${left.isVector}_${right.isVector}`,
    inputs: { a, b },
    components: [left.isVector ? 4 : 1, right.isVector ? 4 : 1],
    shape: splits > 1 ? [splits, batches * rows * columns] : shape,
    code: writeShader(product, tiling),
  };
  const across = side / BLOCK;
  const grid = { workgroup: [across, across, 1], workgroups: [Math.ceil(columns / side), Math.ceil(rows / side), batches * splits] } as const;
  const result = runGrid(backend, shader, grid, output);
  if (splits === 1) return result;
  const total = addParts(backend, result, splits, shape);
  backend.disposeData(result.dataId);
  return total;
}

function addParts(backend: GpuBackend, parts: TensorInfo, splits: number, shape: readonly number[]): TensorInfo {
  const size = parts.shape[1]!;
  const code = `fn compute(index: i32) -> f32 {
    var total = 0.0;
    for (var split = 0; split < ${splits}; split++) { total += parts[split * ${size} + index]; }
    return total;
  }`;
  return runElements(backend, { key: `addParts_${splits}`, inputs: { parts }, shape, code });
}
