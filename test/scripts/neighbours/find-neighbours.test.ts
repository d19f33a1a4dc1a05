// Neighbours of real pictures, by the command, and which items are asked for.

import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { formatNeighbours } from '../../../scripts/format/neighbours.js';
import { findNeighbours } from '../../../scripts/neighbours/find-neighbours.js';
import type { EncodedRow } from '../../../scripts/measure/encode-items.js';
import { makeCheckpoint, smallRecipe } from '../../helpers/checkpoints.js';
import { makeImages } from '../../helpers/data.js';
import { startPretext } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const signal = new AbortController().signal;

test('copies across splits are found, and each query is drawn with its neighbours', async (t) => {
  const folder = await makeTempFolder(t);
  const [file, data, out] = ['weights.safetensors', 'data', 'N.png'].map((name) => join(folder, name)) as [string, string, string];
  await makeCheckpoint(file, smallRecipe('rotation'));
  // Pictures of one number are the same in every folder.
  await makeImages(join(data, 'train', 'cat'), 4);
  await makeImages(join(data, 'test', 'cat'), 2);
  const command = startPretext(t, ['neighbours', file, '--data', data, '--out', out, '--nearest', '3', '--backend', 'simd', '--likeness', '0.9999', '--json']);
  t.is(await command.exited, 0, command.output());
  const told = JSON.parse(command.output()) as { queries: { path: string; nearest: { path: string; label: string; distance: number }[] }[]; duplicates: { likeness: number }[] };
  t.deepEqual(told.queries.map(({ path }) => path), ['test/cat/000.png', 'test/cat/001.png']);
  for (const [i, { nearest }] of told.queries.entries()) {
    t.is(nearest[0]!.path, `train/cat/00${i}.png`);
    t.true(Math.abs(nearest[0]!.distance) < 1e-12);
    t.is(nearest.length, 3);
  }
  t.deepEqual(told.duplicates.map((pair) => ({ ...pair, likeness: Math.round(pair.likeness * 1e9) / 1e9 })), [
    { test: 'test/cat/000.png', train: 'train/cat/000.png', likeness: 1, isSame: true }, { test: 'test/cat/001.png', train: 'train/cat/001.png', likeness: 1, isSame: true },
  ]);
  const { format, width, height } = await sharp(out).metadata();
  t.true(format === 'png' && width > 4 * 96 && height > 2 * 96);
});

const rowOf = (index: number, split: 'train' | 'test', angle: number): EncodedRow => ({
  item: { index, path: `${index}`, kind: 'image', bytes: 1, split, label: angle < 1 ? 'a' : 'b' }, numbers: Float32Array.of(Math.cos(angle), Math.sin(angle)),
});

test('without two splits, queries and neighbours are of all items, and nothing is said of copies', async (t) => {
  const rows = [0, 0.1, 1, 1.2].map((angle, index) => rowOf(index, 'train', angle));
  const found = await findNeighbours({ rows }, { numQueries: 9, numNearest: 1, likeness: 0, signal });
  t.deepEqual(found.queries.map(({ nearest }) => nearest.map(({ item }) => item.index)), [[1], [0], [3], [2]]);
  t.deepEqual(formatNeighbours(found, 0), ['4 queries: 4 of their 4 nearest items are of their class']);
});

test('where nearly all items look alike it is said that the pairs tell little', async (t) => {
  const rows = Array.from({ length: 30 }, (_, index) => rowOf(index, index % 2 === 0 ? 'train' : 'test', index / 1000));
  const found = await findNeighbours({ rows }, { numQueries: 2, numNearest: 2, likeness: 0.99, signal });
  const lines = formatNeighbours(found, 0.99);
  t.regex(lines[1]!, /^15 of 15 items to test on are like one to train on by 0\.99 or more/);
  t.regex(lines[2]!, /tell little apart/);
  t.is(lines.at(-1), '  and 5 more: --json lists all of them');
});
