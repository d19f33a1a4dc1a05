// Clusters of points: what they find, how often each comes, and that the stream alone decides.

import test from 'ava';
import { findClusters } from '../../../scripts/tools/cluster-sounds/k-means.js';
import { createRandom } from '../../../shared/random/random.js';
import { freshRandom } from '../../helpers/numerics.js';

const stream = (sample = 0): ReturnType<typeof createRandom> => createRandom({ seed: 1, epoch: 0, sample, purpose: 'clusters' });

test('heaps of points are found, the largest first, each with its share and its mean', (t) => {
  const { random } = freshRandom();
  const heaps = [[0, 0, 60], [10, 0, 30], [0, 10, 10]] as const;
  const points = heaps.flatMap(([x, y, count]) => Array.from({ length: count }, () => Float64Array.from([x + random.uniform(-1, 1), y + random.uniform(-1, 1)])));
  const { centres, shares } = findClusters(points, 3, stream());
  t.deepEqual(shares, [0.6, 0.3, 0.1]);
  let start = 0;
  heaps.forEach(([, , count], heap) => {
    const own = points.slice(start, (start += count));
    [0, 1].forEach((axis) => t.true(Math.abs(centres[heap]![axis]! - own.reduce((sum, point) => sum + point[axis]! / count, 0)) < 1e-9));
  });
  t.deepEqual(findClusters(points, 3, stream()), { centres, shares });
});

test('points that are all alike, and as many clusters as points, are no trouble', (t) => {
  const same = Array.from({ length: 5 }, () => Float64Array.from([1, 2]));
  const { centres, shares } = findClusters(same, 2, stream());
  t.deepEqual(centres.map((centre) => [...centre]), [[1, 2], [1, 2]]);
  t.deepEqual(shares, [1, 0]);
  const points = [0, 1, 5].map((value) => Float64Array.from([value]));
  t.deepEqual(findClusters(points, 3, stream()).centres.map((centre) => centre[0]!).sort(), [0, 1, 5]);
});
