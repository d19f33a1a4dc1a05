import test from 'ava';
import { createEpochPlan, type PlanOptions } from '../../../coordinator/plan/epoch-plan.js';
import type { Item } from '../../../shared/datasets/dataset.js';

const videos = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({ index, path: `${index}.mp4`, kind: 'video', bytes: 1, split: 'train' }));
const OPTIONS: PlanOptions = { seed: 3, microbatches: 3, microbatchSize: 2, clipsPerVideo: 2 };

function positions(items: Item[], options: PlanOptions, steps: number) {
  const plan = createEpochPlan(items, options);
  return Array.from({ length: steps }, (_, i) => [0, 1, 2].flatMap((index) => plan.microbatch(i + 1, index))).flat();
}

test('every epoch visits every sample once, across steps that end in mid-epoch', (t) => {
  const samples = positions(videos(7), OPTIONS, 14);
  t.deepEqual(samples.map(({ position }) => position), samples.map((_, i) => i));
  for (let epoch = 0; epoch < 6; epoch++) {
    const seen = samples.filter((sample) => sample.epoch === epoch).map(({ sample }) => sample);
    t.deepEqual([...seen].sort((a, b) => a - b), Array.from({ length: 14 }, (_, i) => i));
  }
});

test('a video gives as many samples as asked, an image one', (t) => {
  const image: Item = { index: 2, path: 'a.jpg', kind: 'image', bytes: 1, split: 'train' };
  t.is(createEpochPlan([...videos(2), image], OPTIONS).samplesPerEpoch, 5);
});

test('the order depends on seed and epoch, not on how it is asked for', (t) => {
  const plan = createEpochPlan(videos(50), OPTIONS);
  const late = plan.microbatch(40, 1);
  t.deepEqual(createEpochPlan(videos(50), OPTIONS).microbatch(40, 1), late);
  t.notDeepEqual(createEpochPlan(videos(50), { ...OPTIONS, seed: 4 }).microbatch(40, 1), late);
  const order = (epoch: number) => positions(videos(50), OPTIONS, 40).filter((sample) => sample.epoch === epoch).map(({ item }) => item);
  t.notDeepEqual(order(0), order(1));
});

test('a plan that begins at a later epoch goes on as one that began before', (t) => {
  const from = (firstEpoch: number) => positions(videos(6), { ...OPTIONS, firstEpoch }, 6).map((sample) => ({ ...sample, position: 0 }));
  t.deepEqual(from(1).slice(0, 24), from(0).slice(12));
});

test('a sample names its item by its number among those that are trained on, whichever clip of it it is', (t) => {
  // Of a manifest with items that are held out.
  const items = videos(9).filter(({ index }) => index % 3 !== 0);
  const plan = createEpochPlan(items, OPTIONS);
  t.is(plan.numInstances, 6);
  const samples = Array.from({ length: 2 }, (_, i) => [0, 1, 2].flatMap((index) => plan.microbatch(i + 1, index))).flat();
  for (const { item, instance } of samples) t.is(items[instance]!.index, item);
  t.deepEqual(samples.map(({ instance }) => instance).sort((a, b) => a - b), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
});
