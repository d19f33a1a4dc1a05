// The positions of patches against Math.sin and Math.cos.

import test from 'ava';
import { positionsOf, turnThrough } from '../../../worker/models/positions.js';

/** As ViT and MAE define them: frequency i of n is 10000 ** (-i / n). */
const angleOf = (place: number, i: number, numFrequencies: number): number => place * 1e4 ** (-i / numFrequencies);

test('sines and cosines of every place are those of Math within 1e-12', (t) => {
  for (const [places, numFrequencies] of [[1, 1], [16, 48], [64, 3], [50, 192]] as const) {
    turnThrough(places, numFrequencies).forEach((angles, place) => {
      t.is(angles.length, numFrequencies);
      angles.forEach(({ sin, cos }, i) => {
        const angle = angleOf(place, i, numFrequencies);
        const error = Math.max(Math.abs(sin - Math.sin(angle)), Math.abs(cos - Math.cos(angle)));
        if (!(error < 1e-12)) t.fail(`place ${place}, frequency ${i} of ${numFrequencies}: off by ${error}`);
      });
    });
  }
});

test('a patch has the sines and cosines of its row, then those of its column', (t) => {
  const [grid, width] = [5, 24];
  const quarter = width / 4;
  const positions = positionsOf(grid, width);
  t.is(positions.length, grid * grid * width);
  for (let patch = 0; patch < grid * grid; patch++) {
    const places = [Math.floor(patch / grid), patch % grid];
    const expected = places.flatMap((place) => {
      const angles = Array.from({ length: quarter }, (_, i) => angleOf(place, i, quarter));
      return [...angles.map(Math.sin), ...angles.map(Math.cos)];
    });
    expected.forEach((value, i) => t.true(Math.abs(positions[patch * width + i]! - value) < 1e-6));
  }
});
