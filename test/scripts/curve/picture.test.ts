// The picture of a label curve: where its marks and bars lie.

import test from 'ava';
import { contenders } from '../../../scripts/curve/contenders.js';
import { drawCurve } from '../../../scripts/curve/picture.js';
import { summarise, type Finding } from '../../../scripts/curve/summary.js';
import { toPng } from '../../../scripts/curve/to-png.js';

const findings = (seeds: readonly number[], shares: readonly number[]): Finding[] => shares.flatMap((share) => seeds.flatMap((seed) => contenders.map((contender): Finding => ({
  share, seed, contender, numLabels: 1000 * share, steps: 10, answers: new Map(Array.from({ length: 100 }, (_, item) => [String(item), item < 20 + 10 * seed])),
}))));

const draw = (seeds: readonly number[], shares: readonly number[]): string => drawCurve({ rows: summarise(findings(seeds, shares), 10), numClasses: 10, numHeldOut: 100, chance: 0.1 });

const numbers = (svg: string, pattern: RegExp): number[] => [...svg.matchAll(pattern)].map(([, number]) => Number(number));

test('each time as many labels is as far, and a bar is the deviation either way', (t) => {
  const svg = draw([1, 3], [0.01, 0.1, 1]);
  const [first, second, third] = numbers(svg, /<circle cx="([\d.]+)"/g).slice(0, 3) as [number, number, number];
  t.true(Math.abs(second - first - (third - second)) < 0.2);
  // 30 % and 50 %: 40 % with a deviation of 14.1 %; 10 % of the axis is so many pixels.
  const ticks = numbers(svg, /<path d="M70 ([\d.]+)H734" stroke="#dddddd"/g);
  const perPoint = (ticks[0]! - ticks.at(-1)!) / 60;
  const [, low, high] = /<path d="M[\d.]+ ([\d.]+)V([\d.]+)M/.exec(svg)!;
  t.true(Math.abs((Number(low) - Number(high)) / perPoint - 2 * 14.142) < 0.1, `${low} ${high} ${perPoint}`);
  for (const text of ['>1</text>', '>10</text>', '>100</text>', 'accuracy on held-out items (%)', 'mean of 2 seeds', 'chance 10.0 %', 'from scratch']) t.true(svg.includes(text), text);
});

test('one seed has no bars, and one share is a point', async (t) => {
  const svg = draw([2], [0.1]);
  t.true(svg.includes('one seed'));
  t.false(svg.includes('stroke-width="1.5"'));
  t.false(/NaN|Infinity|undefined/.test(svg));
  t.deepEqual([...(await toPng(svg)).subarray(1, 4)], [...Buffer.from('PNG')]);
});
