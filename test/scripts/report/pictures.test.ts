import test from 'ava';
import sharp from 'sharp';
import { drawStrip } from '../../../scripts/report/pictures/draw-strip.js';
import { project } from '../../../scripts/report/pictures/project.js';
import { showPicture } from '../../../scripts/report/show-picture.js';
import { freshRandom } from '../../helpers/numerics.js';

test('rows are seen from where they differ most, the same way each time', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const [long, short] = [[0.6, 0, 0.8, 0, 0], [0, -1, 0, 0, 0]] as const;
  const rows = Array.from({ length: 40 }, () => {
    const [a, b] = [10 * (random.float() - 0.5), random.float() - 0.5];
    return Float64Array.from(long, (value, d) => 3 + a * value + b * short[d]!);
  });
  const { places, shares } = project(rows);
  t.true(shares[0] > 0.9 && Math.abs(shares[0] + shares[1] - 1) < 1e-9);
  rows.forEach((row, i) => rows.forEach((other, j) => {
    const distance = Math.hypot(...row.map((value, d) => value - other[d]!));
    t.true(Math.abs(Math.hypot(places[i]![0] - places[j]![0], places[i]![1] - places[j]![1]) - distance) < 1e-6);
  }));
  t.deepEqual(project(rows), { places, shares });
});

test('rows that do not differ lie in one place', (t) => {
  t.deepEqual(project([Float64Array.of(1, 2), Float64Array.of(1, 2)]), { places: [[0, 0], [0, 0]], shares: [0, 0] });
  t.deepEqual(project([]), { places: [], shares: [0, 0] });
});

test('tiles stand side by side with gaps that show the page, many of them in rows, large ones made smaller', async (t) => {
  const values = Uint8Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => Math.floor(i / 192) * 60);
  const strip = (await drawStrip('four', { shape: [4, 8, 8, 3], values }))!;
  t.like(strip, { width: 38, height: 8, title: 'four' });
  const { data, info } = await sharp(Buffer.from(strip.png, 'base64')).raw().toBuffer({ resolveWithObject: true });
  t.deepEqual([info.width, info.height, info.channels], [38, 8, 4]);
  t.deepEqual([0, 8, 10, 30].map((x) => [data[4 * x], data[4 * x + 3]]), [[0, 255], [0, 0], [60, 255], [180, 255]]);
  t.like(await drawStrip('nine', { shape: [9, 8, 8, 3], values: new Uint8Array(9 * 192) }), { width: 28, height: 28 });
  t.like(await drawStrip('large', { shape: [200, 100, 3], values: new Uint8Array(60_000) }), { width: 48, height: 96 });
  t.is(await drawStrip('numbers', { shape: [3], values: Float32Array.of(1, 2, 3) }), undefined);
});

test('a picture has its size, and what it shows in words that cannot become markup', (t) => {
  const shown = showPicture({ png: 'AAAA', width: 20, height: 10, title: 'x' }, { alt: '"><b>', side: 80 }).toString();
  t.is(shown, '<img src="data:image/png;base64,AAAA" width="160" height="80" alt="&quot;&gt;&lt;b&gt;">');
});
