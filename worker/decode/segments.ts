// The fixed grid that videos are cut by: one decode, one cache entry, one clip to draw puzzles from.

import type { Item } from '../../shared/datasets/dataset.js';

export interface Segment {
  readonly startS: number;
  readonly lengthS: number;
}

// A video of 9.9999 s in segments of 5 s has two.
const SLACK = 1e-3;

/**
 * How many segments an item has: whole ones of `segmentS` seconds, what is left over belongs to the last. At least one; one
 * for images and for videos of unknown duration.
 */
export function countSegments({ kind, durationS }: Pick<Item, 'kind' | 'durationS'>, segmentS: number): number {
  if (kind === 'image' || durationS === undefined) return 1;
  return Math.max(1, Math.floor(durationS / segmentS + SLACK));
}

/** Where a segment lies. */
export function locateSegment(item: Pick<Item, 'kind' | 'durationS'>, segment: number, segmentS: number): Segment {
  const startS = segment * segmentS;
  const isLast = segment === countSegments(item, segmentS) - 1;
  return { startS, lengthS: isLast && item.durationS !== undefined ? item.durationS - startS : segmentS };
}
