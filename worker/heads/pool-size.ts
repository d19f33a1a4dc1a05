// What the average pooling before a head leaves of a feature map. Loads no tensor library; pool.ts computes.

/** Window of the average pooling that leaves at most `grid` cells a side. */
export const poolSize = (side: number, grid: number): number => Math.ceil(side / grid);

/** Numbers that are left of one feature map. */
export const countPooled = ({ side, channels }: { readonly side: number; readonly channels: number }, grid: number): number =>
  Math.ceil(side / poolSize(side, grid)) ** 2 * channels;
