// From a lease to arrays, on real files: what each sample comes to, whose fault it is when it comes to nothing, and that nothing but the
// lease decides.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../../shared/log/create-log.js';
import type { LeasedMicrobatch, LeasedSample } from '../../../shared/protocol/messages.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createDataSource, type DataSource } from '../../../worker/data/data-source.js';
import { makeSoundFile, toneOf } from '../../helpers/sound-files.js';

const FILES = ['tone.mp4', 'other.mp4', 'silent.mp4', 'mute.mp4', 'damaged.mp4', 'broken.mp4', 'absent.mp4'] as const;

/** Videos of two seconds: two with a tone, a silent one, one without an audio stream, one whose data are damaged, one that is none. Tests read them alone. */
let root: string;

test.before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pretext-test-'));
  const make = (name: string, soundAt?: (time: number) => number): Promise<void> => makeSoundFile(join(root, name), { seconds: 2, ...(soundAt && { soundAt }) });
  await make('tone.mp4', toneOf(440));
  await make('other.mp4', toneOf(880));
  await make('silent.mp4', () => 0);
  await make('mute.mp4');
  const bytes = await readFile(join(root, 'tone.mp4'));
  await writeFile(join(root, 'damaged.mp4'), bytes.subarray(0, bytes.indexOf('mdat') + 4));
  await writeFile(join(root, 'broken.mp4'), 'not a video');
});

test.after.always(() => rm(root, { recursive: true, force: true }));

/** Of a task by its name, or of what a recipe says of several. */
async function openSource(t: ExecutionContext, learning: string | object, threads = 1): Promise<DataSource> {
  const recipe = readRecipe({
    seed: 3, steps: 100, ...(typeof learning === 'string' ? { task: { name: learning } } : learning), data: { root, source: 'video-folder', side: 24, shortSide: 28, fps: 10, segmentS: 2 },
    batch: { microbatches: 1, microbatchSize: FILES.length },
  });
  const source = await createDataSource(recipe, {
    url: new URL('http://127.0.0.1:9/'), stage: 1, numInstances: 20, root, log: createLog({ name: 'test', stream: null }),
    resources: { decodes: 2, augmentThreads: threads, frameCacheBytes: 1e8, fileCacheBytes: 1e8 },
  });
  t.teardown(() => source.dispose());
  return source;
}

async function leaseOf(names: readonly string[], excluded: readonly number[] = []): Promise<LeasedMicrobatch> {
  const samples = await Promise.all(names.map(async (path, index): Promise<LeasedSample> => {
    const bytes = await stat(join(root, path)).then(({ size }) => size, () => 1);
    return { position: 100 + index, epoch: 2, sample: index, item: index, instance: 7 + index, path, kind: 'video', bytes, durationS: 2 };
  }));
  return { index: 0, samples, excluded: [...excluded] };
}

test('a task for sound gets the sound of each video; silent and mute ones make no puzzle, damaged ones are named', async (t) => {
  const source = await openSource(t, 'sound-match');
  const names = FILES.filter((name) => name !== 'absent.mp4');
  const { arrays, weights, instances, unusable, samples } = await source.prepare(await leaseOf(names));
  t.deepEqual([...weights], [1, 1, 0, 0, 0, 0]);
  t.deepEqual([...instances], [7, 8, 9, 10, 11, 12]);
  t.deepEqual(samples, names);
  t.deepEqual(unusable.map(({ position, path, code }) => [position, path, code]), [
    [102, 'silent.mp4', 'NO_PUZZLE'], [103, 'mute.mp4', 'NO_PUZZLE'], [104, 'damaged.mp4', 'DECODE_FAILED'], [105, 'broken.mp4', 'DECODE_FAILED'],
  ]);
  t.regex(unusable[0]!.reason, /silent/);
  const length = arrays['spectrogram']!.length / names.length;
  names.forEach((_, slot) => t.is(arrays['spectrogram']!.subarray(slot * length, (slot + 1) * length).some((value) => value !== 0), slot < 2));
  t.deepEqual([...arrays['item']!], [0, 1, 0, 0, 0, 0]);
});

test('a task that needs no sound takes videos with and without sound', async (t) => {
  const source = await openSource(t, 'rotation');
  const { weights } = await source.prepare(await leaseOf(['tone.mp4', 'silent.mp4', 'mute.mp4']));
  t.deepEqual([...weights], [1, 1, 1]);
});

test('what was excluded is not looked at again, and has weight 0', async (t) => {
  const source = await openSource(t, 'rotation');
  const { weights, unusable } = await source.prepare(await leaseOf(['tone.mp4', 'other.mp4'], [101]));
  t.deepEqual([...weights], [1, 0]);
  t.deepEqual(unusable.map(({ position, code }) => [position, code]), [[101, 'EXCLUDED']]);
});

test('the same lease gives the same bytes, from any number of threads and from another worker', async (t) => {
  const lease = await leaseOf(['tone.mp4', 'other.mp4', 'tone.mp4']);
  const prepared = [];
  for (const threads of [0, 2]) {
    const source = await openSource(t, 'sound-match', threads);
    for (let i = 0; i < 2; i++) {
      const { arrays, release } = await source.prepare(lease);
      prepared.push(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, Buffer.from(array.slice().buffer)])));
      release();
    }
  }
  for (const other of prepared.slice(1)) t.deepEqual(other, prepared[0]);
});

test('how far the run is follows from a sample\'s place in it', async (t) => {
  const options = { strength: { start: 0, end: 1, from: 0, until: 1 }, guards: { duplicates: false } };
  const source = await openSource(t, { task: { name: 'frame-order', options } });
  const { arrays, weights } = await source.prepare(await leaseOf(['tone.mp4', 'other.mp4']));
  t.deepEqual([...weights], [1, 1]);
  t.deepEqual([...arrays['strength']!], [100, 101].map((position) => Math.fround(position / (100 * FILES.length))));
});

test('where tasks take turns, a sample\'s place in the run says whose puzzle is drawn from it', async (t) => {
  const tasks = [{ name: 'rotation' }, { name: 'jigsaw', options: { grid: 2, permutations: 4 } }];
  const source = await openSource(t, { tasks, turns: 'microbatch' });
  const lease = await leaseOf(['tone.mp4', 'other.mp4']);
  // Positions 100 and 101 lie in the 15th microbatch.
  for (const [turn, later] of [0, FILES.length].entries()) {
    const { arrays, weights } = await source.prepare({ ...lease, samples: lease.samples.map((sample) => ({ ...sample, position: sample.position + later })) });
    t.deepEqual([...weights], [1, 1]);
    t.deepEqual([...arrays['turn']!], [turn + 1, turn + 1]);
    const drawn = Object.keys(arrays).filter((name) => arrays[name]!.some((value) => value !== 0));
    for (const { name } of tasks) t.is(drawn.some((array) => array.startsWith(`${name}/`)), name === tasks[turn]!.name, name);
  }
});

test('files that are neither here nor to be had are a matter of the worker, not of the sample', async (t) => {
  const source = await openSource(t, 'rotation');
  await t.throwsAsync(source.prepare(await leaseOf(['absent.mp4'])), { code: 'UNREACHABLE' });
});
