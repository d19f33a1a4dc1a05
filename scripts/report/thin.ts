// Fewer points that show what many show: means over even parts of an axis, and how far the points of each part lie apart. Pure.

export type Point = readonly [x: number, y: number];

/** Some points that lie side by side. */
export interface Bucket {
  readonly x: number;
  readonly mean: number;
  readonly least: number;
  readonly largest: number;
}

/** At most `most` of them, each of as many points; a point each where there are fewer. Points that are no numbers are left out. */
export function thin(points: readonly Point[], most: number): Bucket[] {
  const known = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const count = Math.min(most, known.length);
  return Array.from({ length: count }, (_, i) => toBucket(known.slice(Math.floor((i * known.length) / count), Math.floor(((i + 1) * known.length) / count))));
}

function toBucket(points: readonly Point[]): Bucket {
  const ys = points.map(([, y]) => y);
  return { x: meanOf(points.map(([x]) => x)), mean: meanOf(ys), least: Math.min(...ys), largest: Math.max(...ys) };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
