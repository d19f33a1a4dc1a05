import test, { type ExecutionContext } from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { createPreparer, type PreparedBatch, type Preparer, type PreparerOptions } from '../../../worker/augment/pool.js';
import type { SampleSource } from '../../../worker/augment/prepare-samples.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { tasks } from '../../../worker/tasks/index.js';
import type { Task } from '../../../worker/tasks/task.js';

const REGISTRY = new URL('../../fixtures/prepare-tasks.js', import.meta.url).href;
const SIDE = 5;

function makeFrames(first: number): Frames {
  const dataNHWC = new Uint8Array(new SharedArrayBuffer(3 * 4 * 3 * 3));
  dataNHWC.forEach((_, i) => (dataNHWC[i] = first + i));
  return { dataNHWC, numFrames: 3, height: 4, width: 3 };
}

const makeSamples = (length: number, epoch = 0): SampleSource[] =>
  Array.from({ length }, (_, sample) => ({ frames: makeFrames(sample % 50), epoch, sample }));

async function makePreparer(t: ExecutionContext, options: Partial<PreparerOptions> = {}): Promise<Preparer> {
  const preparer = await createPreparer({
    taskName: 'scatter', taskOptions: { numFrames: 2 }, side: SIDE, threads: 2, maxQueue: 2, registryUrl: REGISTRY, ...options,
  });
  t.teardown(() => preparer.dispose());
  return preparer;
}

const copy = ({ inputs, targets, weights, unusable }: PreparedBatch): unknown => [Array.from(inputs), Array.from(targets), Array.from(weights), unusable];

test('a microbatch has the same bytes on no, one, two and three threads, and they are those of the samples\' keys', async (t) => {
  const samples = makeSamples(7, 3);
  const results: unknown[] = [];
  for (const threads of [0, 1, 2, 3]) {
    const preparer = await makePreparer(t, { threads });
    const batch = await preparer.prepare(samples, 11);
    t.is(batch.inputs.length, 7 * 2 * SIDE * SIDE * 3);
    t.true([batch.inputs, batch.targets, batch.weights].every(({ buffer }) => buffer instanceof SharedArrayBuffer));
    const random = createRandom({ seed: 11, epoch: 3, sample: 4, purpose: 'puzzle' });
    t.is(batch.inputs[4 * 2 * SIDE * SIDE * 3], Math.fround(random.float() + 4));
    results.push(copy(batch));
  }
  for (const result of results) t.deepEqual(result, results[0]);
});

for (const [taskName, task] of Object.entries(tasks) as [string, Task][]) {
  test(`the real task ${taskName} prepares the same bytes on threads as without`, async (t) => {
    const random = createRandom({ seed: 9, epoch: 0, sample: 0, purpose: 'test frames' });
    const [numFrames, height, width] = [task.kind === 'video' ? 20 : 1, 40, 48];
    const samples = Array.from({ length: 5 }, (_, sample): SampleSource => {
      const dataNHWC = new Uint8Array(new SharedArrayBuffer(numFrames * height * width * 3));
      // A slope that drifts, with a little noise: a scene without cuts.
      dataNHWC.forEach((_, i) => (dataNHWC[i] = 60 + 3 * Math.floor(i / (height * width * 3)) + 2 * (Math.floor(i / 3) % width) + random.int(20)));
      return { frames: { dataNHWC, numFrames, height, width }, epoch: 0, sample };
    });
    const options = { taskName, taskOptions: task.options.parse({}), side: 32 };
    const results = [];
    for (const threads of [0, 2]) {
      // Without a registry of the test's own: the one that workers use.
      const preparer = await createPreparer({ ...options, threads, maxQueue: 1 });
      t.teardown(() => preparer.dispose());
      const batch = await preparer.prepare(samples, 1);
      t.deepEqual([...batch.weights], [1, 1, 1, 1, 1]);
      results.push(copy(batch));
    }
    t.deepEqual(results[1], results[0]);
  });
}

test('a sample is the same in another slot, another size of microbatch and among others', async (t) => {
  const preparer = await makePreparer(t);
  const samples = makeSamples(6);
  const all = await preparer.prepare(samples, 1);
  const one = await preparer.prepare([samples[4]!], 1);
  const length = one.inputs.length;
  t.deepEqual(all.inputs.slice(4 * length, 5 * length), one.inputs.slice());
  t.deepEqual(all.targets.slice(8, 10), one.targets.slice());
});

test('seed and epoch change what is drawn', async (t) => {
  const preparer = await makePreparer(t);
  const [a, b, c] = [await preparer.prepare(makeSamples(3), 1), await preparer.prepare(makeSamples(3), 2), await preparer.prepare(makeSamples(3, 1), 1)];
  t.notDeepEqual(a.inputs.slice(), b.inputs.slice());
  t.notDeepEqual(a.inputs.slice(), c.inputs.slice());
});

for (const threads of [0, 2]) {
  test(`slots without a puzzle are zero and weigh nothing, also in arrays used before (${threads} threads)`, async (t) => {
    const preparer = await makePreparer(t, { threads });
    const before = await preparer.prepare(makeSamples(4), 1);
    preparer.release(before);
    const samples = makeSamples(4);
    samples[1] = null;
    samples[2] = { frames: makeFrames(255), epoch: 0, sample: 2 };
    const batch = await preparer.prepare(samples, 1);
    t.is(batch.inputs, before.inputs, 'the arrays are used again');
    t.deepEqual([...batch.weights], [1, 0, 0, 1]);
    t.deepEqual(batch.unusable, [2]);
    const length = batch.inputs.length / 4;
    t.true(batch.inputs.subarray(length, 3 * length).every((value) => value === 0));
    t.true(batch.targets.subarray(2, 6).every((value) => value === 0));
    t.true(batch.inputs.subarray(3 * length).some((value) => value !== 0));
  });
}

test('arrays are used again once they are released, and never by two at once', async (t) => {
  const preparer = await makePreparer(t);
  const [a, b] = await Promise.all([preparer.prepare(makeSamples(4), 1), preparer.prepare(makeSamples(4), 2)]);
  t.not(a.inputs, b.inputs);
  preparer.release(a);
  preparer.release(a);
  const [c, d] = await Promise.all([preparer.prepare(makeSamples(4), 3), preparer.prepare(makeSamples(4), 4)]);
  t.is([c, d].filter(({ inputs }) => inputs === a.inputs).length, 1);
  t.not(c.inputs, d.inputs);
  t.not((await preparer.prepare(makeSamples(3), 1)).inputs.length, c.inputs.length);
});

test('no more microbatches than allowed are prepared at once, however many threads there are', async (t) => {
  const preparer = await makePreparer(t, { taskName: 'slow', threads: 2, maxQueue: 1 });
  const samples: SampleSource[] = [{ frames: makeFrames(40), epoch: 0, sample: 0 }];
  const start = performance.now();
  await Promise.all(Array.from({ length: 4 }, () => preparer.prepare(samples, 1)));
  // Two threads would be done after two rounds of 40 ms.
  t.true(performance.now() - start >= 4 * 40);
});

test('threads work beside each other and leave the calling thread free', async (t) => {
  const preparer = await makePreparer(t, { taskName: 'slow' });
  let numTicks = 0;
  const ticking = setInterval(() => (numTicks += 1), 5);
  await preparer.prepare([{ frames: makeFrames(200), epoch: 0, sample: 0 }], 1);
  clearInterval(ticking);
  t.true(numTicks >= 5, `${numTicks} ticks`);
});

test('a task that throws fails its microbatch with its name, and the next one works on', async (t) => {
  for (const threads of [0, 2]) {
    const preparer = await makePreparer(t, { taskName: 'throwing', threads });
    await t.throwsAsync(preparer.prepare(makeSamples(3), 1), { message: /"throwing".*a bug in the task/ });
    t.is((await preparer.prepare([null, null], 1)).weights.length, 2);
  }
});

test('a task that is not in the registry is refused with those that are', async (t) => {
  await t.throwsAsync(makePreparer(t, { taskName: 'toString' }), { message: /"toString".*scatter, throwing, slow/ });
});

test('disposing ends the threads and fails what is being prepared and what waits', async (t) => {
  const preparer = await makePreparer(t, { taskName: 'slow', maxQueue: 1 });
  const samples: SampleSource[] = [{ frames: makeFrames(254), epoch: 0, sample: 0 }];
  const ends = Promise.allSettled([preparer.prepare(samples, 1), preparer.prepare(samples, 1)]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await preparer.dispose();
  for (const end of await ends) t.like(end, { status: 'rejected', reason: { code: 'CANCELLED' } });
  await t.throwsAsync(preparer.prepare(samples, 1), { code: 'CANCELLED' });
});

test('an empty microbatch is an empty one', async (t) => {
  const preparer = await makePreparer(t);
  t.like(await preparer.prepare([], 1), { unusable: [] });
});
