import test, { type ExecutionContext } from 'ava';
import type { Learning } from '../../../shared/recipe/tasks.js';
import { createPreparer, type PreparedBatch, type Preparer, type PreparerOptions } from '../../../worker/augment/pool.js';
import type { SampleSource } from '../../../worker/augment/prepare-samples.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import type { Media } from '../../../worker/decode/media.js';
import { puzzles, type TaskName } from '../../../worker/tasks/puzzles.js';
import { IS_LONG } from '../../helpers/long.js';
import { createMedia } from '../../helpers/media.js';
import { sizesOf } from '../../helpers/puzzles.js';

const SIDE = 16;

const learningOf = (task: TaskName): Learning => ({ task: { name: task, options: puzzles[task].options.parse({}) } });

function makePreparer(t: ExecutionContext, given: TaskName | Learning, options: Partial<PreparerOptions> = {}): Preparer {
  const learning = typeof given === 'string' ? learningOf(given) : given;
  const preparer = createPreparer({ choice: { learning, sizes: { ...sizesOf(SIDE), patch: 4, stages: ['stage1'] } }, threads: 2, maxQueue: 2, ...options });
  t.teardown(() => preparer.dispose());
  return preparer;
}

const makeSamples = ({ puzzle }: Preparer, length: number, epoch = 0): SampleSource[] =>
  Array.from({ length }, (_, sample) => ({ media: createMedia(sample, { side: SIDE + 4, puzzle }), epoch, sample }));

/** A clip that takes long to look through, however it is drawn from. */
function makeLongMedia(): Media {
  const [numFrames, height, width] = [400, 160, 160];
  return { frames: { dataNHWC: new Uint8Array(new SharedArrayBuffer(numFrames * height * width * 3)), numFrames, height, width }, item: 0 };
}

const copy = ({ arrays, weights, unusable }: PreparedBatch): unknown =>
  [Object.entries(arrays).map(([name, array]) => [name, Array.from(array)]), Array.from(weights), unusable];

/** Numbers of one sample of an array. */
const sampleOf = ({ arrays, weights }: PreparedBatch, name: string, slot: number): unknown => {
  const length = arrays[name]!.length / weights.length;
  return Array.from(arrays[name]!.subarray(slot * length, (slot + 1) * length));
};

const SEVERAL = readRecipe({
  data: { root: '/data', source: 'image-folder', side: SIDE, shortSide: SIDE },
  tasks: [{ name: 'rotation' }, { name: 'jigsaw' }],
  consistency: { ramp: 0, features: [{ hidden: 6, dims: 4 }] },
});

/** Pictures, clips, labels, sound, crops: what one of each kind shares out, the others do by the same lines. */
const TASKS: readonly TaskName[] = IS_LONG ? Object.keys(puzzles) as TaskName[] : ['mae', 'frame-order', 'classify', 'sound-match', 'lejepa'];

const LESSONS: readonly (readonly [string, Learning])[] = [...TASKS.map((task) => [task, learningOf(task)] as const), ['several tasks with consistency', SEVERAL]];

for (const [name, learning] of LESSONS) {
  test(`${name}: a microbatch has the same bytes on no, one, two and three threads, on shared memory`, async (t) => {
    const results: unknown[] = [];
    for (const threads of [0, 1, 2, 3]) {
      const preparer = makePreparer(t, learning, { threads });
      const batch = await preparer.prepare(makeSamples(preparer, 7, 3), 11);
      t.deepEqual([...batch.weights], [1, 1, 1, 1, 1, 1, 1]);
      t.true([batch.weights, ...Object.values(batch.arrays)].every(({ buffer }) => buffer instanceof SharedArrayBuffer));
      results.push(copy(batch));
    }
    for (const result of results) t.deepEqual(result, results[0]);
  });
}

test('a sample is the same in another slot, another size of microbatch and among others', async (t) => {
  const preparer = makePreparer(t, 'rotation');
  const samples = makeSamples(preparer, 6);
  const all = await preparer.prepare(samples, 1);
  const one = await preparer.prepare([samples[4]!], 1);
  for (const name of ['picture', 'turn']) t.deepEqual(sampleOf(all, name, 4), sampleOf(one, name, 0));
});

test('seed and epoch change what is drawn', async (t) => {
  const preparer = makePreparer(t, 'rotation');
  const prepare = async (seed: number, epoch: number): Promise<unknown> => copy(await preparer.prepare(makeSamples(preparer, 3, epoch), seed));
  const first = await prepare(1, 0);
  t.deepEqual(await prepare(1, 0), first);
  t.notDeepEqual(await prepare(2, 0), first);
  t.notDeepEqual(await prepare(1, 1), first);
});

for (const threads of [0, 2]) {
  test(`slots without a puzzle are zero and weigh nothing, also in arrays used before (${threads} threads)`, async (t) => {
    const preparer = makePreparer(t, 'rotation', { threads });
    const before = await preparer.prepare(makeSamples(preparer, 4), 1);
    preparer.release(before);
    const samples = makeSamples(preparer, 4);
    samples[1] = null;
    const tiny = { dataNHWC: new Uint8Array(new SharedArrayBuffer(12)), numFrames: 1, height: 2, width: 2 };
    samples[2] = { media: { frames: tiny, item: 2 }, epoch: 0, sample: 2 };
    const batch = await preparer.prepare(samples, 1);
    t.is(batch.weights, before.weights, 'the arrays are used again');
    t.deepEqual([...batch.weights], [1, 0, 0, 1]);
    t.deepEqual(batch.unusable, [2]);
    for (const slot of [1, 2]) t.true((sampleOf(batch, 'picture', slot) as number[]).every((value) => value === 0));
    t.true((sampleOf(batch, 'picture', 3) as number[]).some((value) => value !== 0));
  });
}

test('arrays are used again once they are released, and never by two at once', async (t) => {
  const preparer = makePreparer(t, 'rotation');
  const prepare = (seed: number): Promise<PreparedBatch> => preparer.prepare(makeSamples(preparer, 4), seed);
  const [a, b] = await Promise.all([prepare(1), prepare(2)]);
  t.not(a.weights, b.weights);
  preparer.release(a);
  preparer.release(a);
  const [c, d] = await Promise.all([prepare(3), prepare(4)]);
  t.is([c, d].filter(({ weights }) => weights === a.weights).length, 1);
  t.not(c.weights, d.weights);
  t.is((await preparer.prepare(makeSamples(preparer, 3), 1)).weights.length, 3);
});

test('no more microbatches than allowed are prepared at once, however many threads there are', async (t) => {
  const preparer = makePreparer(t, 'frame-order', { maxQueue: 1 });
  const samples: SampleSource[] = [{ media: makeLongMedia(), epoch: 0, sample: 0 }];
  let numDone = 0;
  const prepared = Array.from({ length: 3 }, async (_, i) => {
    await preparer.prepare(samples, 1);
    // In the order asked: the next one began when this one was done.
    t.is(numDone, i);
    numDone += 1;
  });
  await Promise.all(prepared);
});

test('threads leave the calling thread free', async (t) => {
  const preparer = makePreparer(t, 'frame-order');
  let numTicks = 0;
  const ticking = setInterval(() => (numTicks += 1), 1);
  await preparer.prepare([{ media: makeLongMedia(), epoch: 0, sample: 0 }], 1);
  clearInterval(ticking);
  t.true(numTicks > 0, `${numTicks} ticks`);
});

test('a sample that the task throws on gets no puzzle and is named, the others get theirs', async (t) => {
  for (const threads of [0, 2]) {
    const preparer = makePreparer(t, 'rotation', { threads });
    const broken = { media: { item: 0 } as Media, epoch: 0, sample: 0 };
    const [first, second] = makeSamples(preparer, 2) as [SampleSource, SampleSource];
    const batch = await preparer.prepare([first, broken, second], 1);
    t.deepEqual([...batch.weights], [1, 0, 1]);
    t.deepEqual(batch.unusable, [1]);
    t.deepEqual(batch.failures.map(({ slot }) => slot), [1]);
    t.regex(batch.failures[0]!.reason, /undefined/);
    t.deepEqual((await preparer.prepare([null, null], 1)).failures, []);
  }
});

test('disposing ends the threads and fails what is being prepared and what waits', async (t) => {
  const preparer = makePreparer(t, 'frame-order', { maxQueue: 1 });
  const samples: SampleSource[] = Array.from({ length: 8 }, (_, sample) => ({ media: makeLongMedia(), epoch: 0, sample }));
  const ends = Promise.allSettled([preparer.prepare(samples, 1), preparer.prepare(samples, 1)]);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await preparer.dispose();
  for (const end of await ends) t.like(end, { status: 'rejected', reason: { code: 'CANCELLED' } });
  await t.throwsAsync(preparer.prepare(samples, 1), { code: 'CANCELLED' });
});

test('an empty microbatch is an empty one', async (t) => {
  const preparer = makePreparer(t, 'rotation');
  t.like(await preparer.prepare([], 1), { unusable: [] });
});
