// Clusters of points (Lloyd 1982), begun by points far from one another (Arthur and Vassilvitskii 2007, "k-means++"). Pure, in float64
// without functions whose last bits engines may disagree on: the same points and stream give the same clusters everywhere.

import type { Random } from '../../../shared/random/random.js';
import { findNearest } from '../../../worker/augment/sound-statistics.js';

export interface Clusters {
  readonly centres: readonly Float64Array[];
  /** Share of the points that each has. */
  readonly shares: readonly number[];
}

const STARTS = 5;
const MOST_ROUNDS = 100;

type Points = readonly Float64Array[];

function squareBetween(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return squares;
}

/** Each further centre is a point, drawn by the square of its distance from those there are. */
function chooseFirst(points: Points, count: number, random: Random): Float64Array[] {
  const centres = [points[random.int(points.length)]!];
  while (centres.length < count) {
    const weights = points.map((point) => Math.min(...centres.map((centre) => squareBetween(point, centre))));
    let left = random.uniform(0, weights.reduce((sum, weight) => sum + weight, 0));
    const drawn = weights.findIndex((weight) => (left -= weight) < 0);
    centres.push(points[drawn < 0 ? weights.indexOf(Math.max(...weights)) : drawn]!);
  }
  return centres;
}

function meanOf(points: Points): Float64Array {
  const mean = new Float64Array(points[0]!.length);
  for (const point of points) point.forEach((value, i) => (mean[i]! += value / points.length));
  return mean;
}

interface Found extends Clusters {
  readonly squares: number;
}

/** Moves centres to the means of their points until nothing changes. A centre without points goes to the point that is worst off. */
function settle(points: Points, first: readonly Float64Array[]): Found {
  let centres = first;
  let labels: number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = points.map((point) => findNearest(point, centres));
    if (next.every((label, i) => label === labels[i])) break;
    labels = next;
    const far = points.map((point, i) => squareBetween(point, centres[labels[i]!]!));
    centres = centres.map((_, label) => {
      const own = points.filter((_point, i) => labels[i] === label);
      if (own.length > 0) return meanOf(own);
      const worst = far.indexOf(Math.max(...far));
      far[worst] = 0;
      return points[worst]!;
    });
  }
  labels = points.map((point) => findNearest(point, centres));
  return {
    centres,
    shares: centres.map((_, label) => labels.filter((each) => each === label).length / points.length),
    squares: points.reduce((sum, point, i) => sum + squareBetween(point, centres[labels[i]!]!), 0),
  };
}

/** The best of a few starts, the most frequent cluster first. There must be as many points as clusters. */
export function findClusters(points: Points, count: number, random: Random): Clusters {
  const all = Array.from({ length: STARTS }, () => settle(points, chooseFirst(points, count, random)));
  const { centres, shares } = all.reduce((best, each) => (each.squares < best.squares ? each : best));
  const order = [...shares.keys()].sort((a, b) => shares[b]! - shares[a]! || a - b);
  return { centres: order.map((label) => centres[label]!), shares: order.map((label) => shares[label]!) };
}
