// What a product is, and how it is cut into tiles and parts: by its sizes alone, so that it is the same on every adapter.

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

/** Rows and columns of a workgroup's tile, and how many parts of the depth are summed apart. */
export interface Tiling {
  readonly side: 64 | 32;
  /** Rows and columns of a thread's share of it, where products run in registers. */
  readonly block: 8 | 4;
  readonly splits: number;
  readonly stepsPerSplit: number;
}

/** Depth of a tile. */
export const DEPTH = 16;
/** Workgroups that keep a large GPU busy: some for each of the hundred or more units that it has. */
const ENOUGH_WORKGROUPS = 1024;
const LEAST_SPLIT_DEPTH = 256;
const MOST_SPLITS = 256;
/** What an element costs in a small tile, by what it costs in a large one. */
const COST_OF_SMALL = 1.5;
/** WebGPU promises 65,535 workgroups a dimension; longer columns of tiles go on in the third. */
export const MOST_TILES_DOWN = 32_768;

/** How a product is cut. Only a product that is written in order is split. */
export function planTiling({ batches, rows, columns, depth, place }: Product): Tiling {
  const count = (side: number): number => batches * Math.ceil(rows / side) * Math.ceil(columns / side);
  const side = count(64) * 64 ** 2 <= COST_OF_SMALL * count(32) * 32 ** 2 ? 64 : 32;
  const wanted = Math.min(Math.ceil(ENOUGH_WORKGROUPS / count(side)), Math.floor(depth / LEAST_SPLIT_DEPTH), MOST_SPLITS);
  const steps = Math.max(1, Math.ceil(depth / DEPTH));
  const stepsPerSplit = Math.ceil(steps / (place === undefined ? Math.max(1, wanted) : 1));
  return { side, block: side === 64 ? 8 : 4, stepsPerSplit, splits: Math.ceil(steps / stepsPerSplit) };
}

/** Workgroups across, down and deep: the tiles of each batch and part, folded where there are too many down. */
export function planGrid({ batches, rows, columns }: Product, { side, splits }: Tiling): readonly [number, number, number] {
  const down = Math.ceil(rows / side);
  return [Math.ceil(columns / side), Math.min(down, MOST_TILES_DOWN), batches * splits * Math.ceil(down / MOST_TILES_DOWN)];
}
