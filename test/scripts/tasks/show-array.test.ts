import test from 'ava';
import { showArray } from '../../../scripts/tasks/show-array.js';

test('pictures of bytes are shown as they are, one tile each', (t) => {
  const values = Uint8Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => i % 251);
  const shown = showArray({ shape: [2, 8, 8, 3], values });
  if (!('tiles' in shown)) return t.fail();
  t.is(shown.tiles.length, 2);
  t.deepEqual(shown.tiles[1]!.pixelsHWC, values.slice(8 * 8 * 3));
});

test('other numbers are stretched from black to white over the whole array', (t) => {
  const values = Float32Array.from({ length: 8 * 10 }, (_, i) => (i === 0 ? -2 : i === 1 ? 3 : 0.5));
  const shown = showArray({ shape: [8, 10], values });
  if (!('tiles' in shown)) return t.fail();
  const [tile] = shown.tiles;
  t.deepEqual([tile!.height, tile!.width], [8, 10]);
  t.deepEqual([...tile!.pixelsHWC.subarray(0, 9)], [0, 0, 0, 255, 255, 255, 128, 128, 128]);
});

test('what is no picture is told in a few numbers', (t) => {
  t.deepEqual(showArray({ shape: [1], values: Int32Array.of(3) }), { text: '3' });
  t.deepEqual(showArray({ shape: [64, 2], values: new Float32Array(128).fill(1 / 3) }), { text: `${'0.333 '.repeat(12)}… (128)` });
});
