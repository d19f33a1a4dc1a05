import test from 'ava';
import { drawChart } from '../../../scripts/report/chart.js';
import { thin } from '../../../scripts/report/thin.js';
import { placeLogTicks, placeTicks } from '../../../scripts/report/ticks.js';

test('ticks are round, within their axis and not too many', (t) => {
  t.deepEqual(placeTicks(0, 120, 7), [0, 20, 40, 60, 80, 100, 120]);
  t.deepEqual(placeTicks(0.21, 0.4, 6), [0.25, 0.3, 0.35, 0.4]);
  t.deepEqual(placeTicks(3, 3, 5), [3]);
  t.deepEqual(placeTicks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  t.deepEqual(placeLogTicks(0.04, 1.8, 8), [0.05, 0.1, 0.2, 0.5, 1]);
  t.deepEqual(placeLogTicks(1e-6, 10, 8), [0.000001, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10]);
});

test('many points become few that keep means and extremes; what is no number is left out', (t) => {
  const points = Array.from({ length: 1000 }, (_, i) => [i, i === 500 ? 9 : 1] as const);
  const buckets = thin([...points, [1000, NaN], [1001, Infinity]], 10);
  t.is(buckets.length, 10);
  t.is(Math.max(...buckets.map(({ largest }) => largest)), 9);
  t.is(buckets.reduce((sum, { mean }) => sum + mean, 0) / 10, 1.008);
  t.deepEqual(thin([[1, 2]], 10), [{ x: 1, mean: 2, least: 2, largest: 2 }]);
  t.deepEqual(thin([], 10), []);
});

const numbersOf = (svg: string): number[] => [...svg.matchAll(/ d="([^"]*)"| [xy]="([^"]*)"/g)].flatMap(([, path = '', place = '']) => (path + place).split(/[^\d.-]+/).filter(Boolean).map(Number));

test('a chart lies within its picture, whatever the values, and says in words what it shows', (t) => {
  const cases = [[[1, 1]], [[1, 5], [2, 5]], [[1, 1e-9], [2, 1e9]], [[1, -3], [2, 0], [3, 1e6]], Array.from({ length: 5000 }, (_, i) => [i, Math.sin(i)])] as [number, number][][];
  for (const points of cases) {
    const chart = drawChart({ title: 'loss < 1', x: 'step', y: 'nats', mayBeLog: true, series: [{ name: 'a', points }, { name: 'b', points: [] }], levels: [{ name: 'guessing', y: points[0]![1] }, { name: 'none', y: NaN }] })!.toString();
    const [svg] = /<svg viewBox.*?<\/svg>/s.exec(chart)!;
    const places = numbersOf(svg);
    t.true(places.length > 0 && places.every((place) => Number.isFinite(place) && place >= -1 && place <= 501), svg);
    t.true(svg.length < 12_000, String(svg.length));
    t.regex(svg, /role="img"><title>loss &lt; 1<\/title><desc>a: /);
    t.regex(svg, />step<\/text>/);
    t.notRegex(chart, /NaN|undefined/);
  }
});

test('there is no chart of nothing', (t) => {
  t.is(drawChart({ title: 'x', x: 'step', y: 'y', series: [{ name: 'a', points: [[1, NaN]] }] }), undefined);
});
