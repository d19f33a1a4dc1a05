// The page of a run with pictures, drawn by a process of its own from a checkpoint and real files.

import { mkdir, readFile, rename, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { drawPictures } from '../../../scripts/actions/draw-pictures.js';
import { tryRunPage, writeRunPage } from '../../../scripts/actions/write-run-page.js';
import { HOSTILE, makeCommits, writeFirstCheckpoint, writeJournal, writeRun } from '../../helpers/written-run.js';

const { signal } = new AbortController();
const MOST_BYTES = 3_000_000;

test('a page has pictures of held-out items; without the data it is written all the same, and why is said', async (t) => {
  const { folder, images, stages: [stage] } = await writeRun(t, 'steps: 5\ntask: {name: rotation}');
  const options = { run: folder, backend: 'simd', signal, hasPictures: true };
  await writeJournal(folder, [{ type: 'run', runId: 'r1', stages: 1 }, { type: 'stage', stage: 1, recipe: 'x', manifest: 'y', steps: 5 }, ...makeCommits(1, 2)]);
  await writeFirstCheckpoint(stage!);

  const { file, parts, bytes, noPictures } = await writeRunPage(options);
  t.is(noPictures, undefined);
  t.is(file, pathsOf(folder).page);
  t.deepEqual(parts.filter((part) => ['puzzles', 'neighbours', 'map'].includes(part)), ['puzzles', 'neighbours', 'map']);
  const page = await readFile(file, 'utf8');
  t.is(Buffer.byteLength(page), bytes);
  t.true(bytes < MOST_BYTES);
  t.true([...page.matchAll(/<img src="([^"]{0,22})/g)].every(([, start]) => start === 'data:image/png;base64,'));
  t.notRegex(page, /<img src=x|<script/);

  const pictures = await drawPictures(options);
  // Those of the other process.
  t.true(pictures.puzzles.every((puzzle) => puzzle.pictures.every(({ png }) => page.includes(png))));
  t.is(pictures.map!.points.length, stage!.items.length);
  t.true(pictures.map!.points.some(({ path }) => path.endsWith(HOSTILE)));
  t.true(page.includes('&lt;img src=x onerror=alert(1)&gt;'));
  for (const { said } of pictures.puzzles) t.regex(said!.text, /^turned by/);

  await rename(images, join(folder, 'elsewhere'));
  t.regex((await writeRunPage(options)).noPictures!, /None of the \d+ items could be used/);
  const notes: string[] = [];
  t.is(await tryRunPage({ ...options, isForced: true, onNote: (note) => { notes.push(note); } }), file);
  t.regex(notes.join(), /^The page of the run has no pictures: None of the \d+ items could be used/);
});

test('a run is no worse for a page that cannot be written, and a page that is newer than the report stays', async (t) => {
  const { folder } = await writeRun(t, 'steps: 5\ntask: {name: rotation}');
  const { page, report } = pathsOf(folder);
  const notes: string[] = [];
  const tryIt = (isForced = false): Promise<string | undefined> => tryRunPage({ isForced, run: folder, backend: 'simd', signal, hasPictures: false, onNote: (note) => { notes.push(note); } });
  await mkdir(page);
  t.is(await tryIt(), undefined);
  t.regex(notes.join(), /^The page of the run could not be written: /);
  await rmdir(page);
  t.is(await tryIt(), page);
  await writeFile(page, 'mine');
  t.is(await tryIt(), page);
  t.is(await readFile(page, 'utf8'), 'mine');
  t.is(await tryIt(true), page);
  t.regex(await readFile(page, 'utf8'), /^<!doctype html>/);
  await writeFile(page, 'mine');
  await writeFile(report, '{}');
  await utimes(page, 1, 1);
  await tryIt();
  t.regex(await readFile(page, 'utf8'), /^<!doctype html>/);
  t.is(notes.length, 1);
});
