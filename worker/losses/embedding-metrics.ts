// What tasks that compare views announce of their embedding. Loads no tensor library; embedding.ts measures.

import type { MetricInfo } from '../../shared/learning.js';

/** Of rows of `dims` numbers, in microbatches of `numSamples`. */
export interface EmbeddingSize {
  readonly dims: number;
  readonly numSamples: number;
}

/** Of the deviation of rows that go all ways. */
const COLLAPSED = 0.1;
/** Rows along one line, with noise. */
const LEAST_RANK = 1.5;

/**
 * `embeddingDeviation`: deviation of the numbers of a row of length 1, averaged over the numbers; 1 / sqrt(dims) where rows go all ways,
 * 0 where they have collapsed. `effectiveRank`: (sum of variances)^2 / sum of squared covariances of these rows (the participation
 * ratio): as many directions as rows go. Few samples go few ways, and one goes none: they have not collapsed for that.
 */
export function collapseMetrics({ dims, numSamples }: EmbeddingSize): Record<'embeddingDeviation' | 'effectiveRank', MetricInfo> {
  const mostRank = Math.min(dims, numSamples - 1);
  return {
    embeddingDeviation: { better: 'higher', ceiling: 1 / Math.sqrt(dims), ...(numSamples > 1 && { collapsed: COLLAPSED / Math.sqrt(dims) }) },
    effectiveRank: { better: 'higher', ceiling: mostRank, ...(mostRank >= 2 * LEAST_RANK && { collapsed: LEAST_RANK }) },
  };
}

/** Those, and `accuracy`: a view's nearest among the other views of the microbatch is that of the same picture. Alone it always is. */
export const embeddingMetrics = (size: EmbeddingSize): Record<'accuracy' | 'embeddingDeviation' | 'effectiveRank', MetricInfo> => ({
  accuracy: { better: 'higher', ...(size.numSamples > 1 && { chance: 1 / size.numSamples, ceiling: 1 }) },
  ...collapseMetrics(size),
});
