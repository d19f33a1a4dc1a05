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

/** How large a tile a workgroup computes, and what that costs. */
interface Tile {
  /** Rows and columns. */
  readonly side: 128 | 64 | 32;
  /** Rows and columns of a thread's share of it, where products run in registers. */
  readonly block: 8 | 4;
  /** Of an element, by what it costs in the first. */
  readonly cost: number;
  /** Workgroups that fill a large GPU. */
  readonly enough: number;
}

/** A tile, and how many parts of the depth are summed apart. */
export interface Tiling extends Pick<Tile, 'side' | 'block'> {
  readonly splits: number;
  readonly stepsPerSplit: number;
}

/** Depth of a tile. */
export const DEPTH = 16;
/** Measured on an H100 with ResNet-50's products. Workgroups are a little fewer than two rounds, so that no third is nearly empty. */
const TILES: readonly Tile[] = [
  { side: 128, block: 8, cost: 1, enough: 512 },
  { side: 64, block: 8, cost: 1.5, enough: 1024 },
  { side: 32, block: 4, cost: 1.6, enough: 1024 },
];
const LEAST_SPLIT_DEPTH = 256;
const MOST_SPLITS = 512;
/** WebGPU promises 65,535 workgroups a dimension; longer columns of tiles go on in the third. */
export const MOST_TILES_DOWN = 32_768;

/** How a product is cut, into tiles up to a side that its shader has room for. Only a product that is written in order is split. */
export function planTiling({ batches, rows, columns, depth, place }: Product, mostSide = 128): Tiling {
  const count = ({ side }: Tile): number => batches * Math.ceil(rows / side) * Math.ceil(columns / side);
  const cost = (tile: Tile): number => count(tile) * tile.side ** 2 * tile.cost;
  const tile = TILES.filter(({ side }) => side <= mostSide).reduce((best, next) => (cost(next) < cost(best) ? next : best));
  const wanted = place === undefined ? Math.min(Math.floor(tile.enough / count(tile)), Math.floor(depth / LEAST_SPLIT_DEPTH), MOST_SPLITS) : 1;
  const steps = Math.max(1, Math.ceil(depth / DEPTH));
  const stepsPerSplit = Math.ceil(steps / Math.max(1, wanted));
  return { side: tile.side, block: tile.block, stepsPerSplit, splits: Math.ceil(steps / stepsPerSplit) };
}

/** Workgroups across, down and deep: the tiles of each batch and part, folded where there are too many down. */
export function planGrid({ batches, rows, columns }: Product, { side, splits }: Tiling): readonly [number, number, number] {
  const down = Math.ceil(rows / side);
  return [Math.ceil(columns / side), Math.min(down, MOST_TILES_DOWN), batches * splits * Math.ceil(down / MOST_TILES_DOWN)];
}
