// What a test of learning rates says: smoothing, where it stops, and fastai's suggestions, whose places were computed by its formulas in Python.

import test from 'ava';
import { drawRates, tabulateRates } from '../../../scripts/finetune/draw-rates.js';
import { smoothCurve, suggestRates, type RatePoint } from '../../../scripts/finetune/rate-curve.js';

const rateAt = (k: number): number => 1e-7 * 1e8 ** (k / 100);
const pointsOf = (smooths: readonly number[]): RatePoint[] => smooths.map((smooth, k) => ({ rate: rateAt(k), loss: smooth, smooth }));

test('losses are smoothed by 0.98, as if there had been none before the first', (t) => {
  const losses = [3, 2, 4, 1];
  const points = smoothCurve(losses.map((_loss, k) => rateAt(k)), losses);
  t.deepEqual(points.map(({ rate, loss }) => [rate, loss]), losses.map((loss, k) => [rateAt(k), loss]));
  losses.forEach((_loss, k) => {
    const weights = losses.slice(0, k + 1).map((_each, i) => 0.98 ** (k - i));
    const expected = weights.reduce((sum, weight, i) => sum + weight * losses[i]!, 0) / weights.reduce((sum, weight) => sum + weight);
    t.true(Math.abs(points[k]!.smooth - expected) < 1e-12);
  });
});

test('the curve ends with the step at which the smoothed loss is more than four times its best, or no number', (t) => {
  const rates = Array.from({ length: 40 }, (_, k) => rateAt(k));
  const points = smoothCurve(rates, rates.map((_rate, k) => (k < 10 ? 1 : 2 ** (k - 8))));
  t.true(points.at(-1)!.smooth > 4 * 1 && points.at(-2)!.smooth <= 4);
  t.is(smoothCurve(rates, rates.map((_rate, k) => (k === 7 ? NaN : 1))).length, 8);
  t.is(smoothCurve(rates, rates.map(() => 1)).length, 40);
});

/** Behind the first tenth of the planned steps and before the last five. */
const around = (smooths: readonly number[], steps: number): RatePoint[] => pointsOf([...Array.from({ length: Math.floor(steps / 10) }, () => 50), ...smooths, 9, 9, 9, 9, 9]);

const CURVES: readonly (readonly [smooths: readonly number[], valley: number])[] = [
  [Array.from({ length: 85 }, (_, k) => 85 - k), 41],
  [[5, 5.2, 5.1, 5.05, 5, 4.8, 4.9, 4.5, 4.6, 4, 3.5, 3.6, 3, 2.5, 2.6, 2.4, 2.5, 2.9, 3.5, 5, 9], 8],
  [[
    3, 3.1433, 3.1956, 3.109, 2.9005, 2.6448, 2.4385, 2.3553, 2.4106, 2.555, 2.6971, 2.7465, 2.6564, 2.4457, 2.1901, 1.9861, 1.9062, 1.9646, 2.1101, 2.2509,
    2.2972, 2.2037, 1.9909, 1.7354, 1.5337, 1.4573, 1.6186, 1.8651, 2.1046, 2.2478, 2.251, 2.1361, 1.9807, 1.8814, 1.9085, 2.0726, 2.3202, 2.5582, 2.6984, 2.6982,
  ], 19],
];

test('valley is in the longest fall of the losses, steep where they fall fastest; both as fastai has them', (t) => {
  for (const [smooths, valley] of CURVES) {
    const points = around(smooths, 100);
    const found = suggestRates(points, 100)!;
    t.is(found.valley, points[10 + valley]!.rate);
    // An even fall has no steepest place.
    if (valley === 41) continue;
    const drops = smooths.slice(1).map((each, k) => each - smooths[k]!);
    t.is(found.steep, points[10 + drops.indexOf(Math.min(...drops))]!.rate);
  }
});

test('a curve with hardly anything left says nothing', (t) => {
  t.is(suggestRates(pointsOf([3, 2, 1]), 100), undefined);
  t.is(suggestRates([], 100), undefined);
  t.is(suggestRates(pointsOf([6, 5, 4, 3, 2, 1]), 6), undefined);
  t.truthy(suggestRates(pointsOf([7, 6, 5, 4, 3, 2, 1]), 7));
});

test('the picture stands alone and has the curve and both rates; the table has some twenty rows, the last step among them', (t) => {
  const points = around(CURVES[1]![0], 100);
  const picture = drawRates(points, suggestRates(points, 100));
  t.regex(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^]*<path class="curve" d="M[^"]+"\/><\/svg>\s*$/);
  t.regex(picture, />valley [\d.e-]+<\/text>[^]*>steep [\d.e-]+<\/text>/);
  t.notRegex(picture, /NaN|undefined|href/);
  t.regex(drawRates(pointsOf([1, NaN]), undefined), /<svg/);
  const rows = tabulateRates(points);
  t.true(rows.length <= 22);
  t.is(rows.at(-1), `${points.at(-1)!.rate.toExponential(2).padEnd(12)}9.000    9.000`);
});
