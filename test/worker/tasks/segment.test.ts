// Classes of pixels: losses and what is measured by float64, masks that move with their picture, and a mask's way from its file to a worker without a copy.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { checkData } from '../../../coordinator/run/check-data.js';
import { hashManifest } from '../../../coordinator/run/manifest.js';
import { chooseTrained, nameClasses } from '../../../coordinator/run/name-classes.js';
import { createEpochPlan } from '../../../coordinator/plan/epoch-plan.js';
import { createRoutes, matchPath } from '../../../coordinator/server/routes.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { createLog } from '../../../shared/log/create-log.js';
import { backends } from '../../../worker/backends/index.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { createDataSource } from '../../../worker/data/data-source.js';
import { registries } from '../../../worker/registries.js';
import { overlapOf, segment as createObjective } from '../../../worker/tasks/segment/objective.js';
import { segment } from '../../../worker/tasks/segment/puzzle.js';
import { createClip } from '../../helpers/clips.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { netAt, readOutcome, SHARES, type Lost } from '../../helpers/labels.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { makePng } from '../../helpers/png.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const SIDE = 2;
/** Of two samples of four pixels of three classes. */
const LOGITS = [[[1, 0, -1], [0, 2, 1], [3, 0, 0], [0, 0, 1]], [[0, 1, 0], [2, 0, 0], [0, 0, 2], [1, 0, 0]]];
const NUMBERS = [[0, 1, -1, 2], [1, 2, 2, 0]];

function measure(options: object, { numbers = NUMBERS, weights = [1, 1], labelled = 1 }: { numbers?: number[][]; weights?: number[]; labelled?: number } = {}): Lost {
  return readOutcome(() => {
    const objective = createObjective(segment.options.parse(options), { ...sizesOf(SIDE), classShares: SHARES, labelled });
    const mask = tf.tensor(Int32Array.from(numbers.flat()), [2, SIDE, SIDE], 'int32');
    return objective.losses({ mask: tf.tensor(LOGITS.flat(2), [2, SIDE, SIDE, 3]) }, { numSamples: 2, weights: Float32Array.from(weights), tensors: { mask }, arrays: {} }, netAt(1));
  });
}

function lossOf(logits: readonly number[], number: number, smoothing: number): number {
  const sum = logits.reduce((all, each) => all + Math.exp(each), 0);
  return -logits.reduce((all, each, k) => all + ((k === number ? 1 - smoothing : 0) + smoothing / 3) * Math.log(Math.exp(each) / sum), 0);
}

/** Mean over the known pixels, each times what its class counts. */
function meanLoss(sample: number, weights: readonly number[] = [1, 1, 1], smoothing = 0): number {
  const losses = NUMBERS[sample]!.flatMap((number, pixel) => (number < 0 ? [] : [weights[number]! * lossOf(LOGITS[sample]![pixel]!, number, smoothing)]));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

test('cross-entropy is the mean over known pixels, smoothed and by what classes count, as in float64', (t) => {
  t.true(largestError(measure({}).losses, [meanLoss(0), meanLoss(1)]) < 1e-6);
  t.true(largestError(measure({ smoothing: 0.3 }).losses, [meanLoss(0, [1, 1, 1], 0.3), meanLoss(1, [1, 1, 1], 0.3)]) < 1e-6);
  const weights = SHARES.map((share) => 1 / (3 * share));
  t.true(largestError(measure({ classWeights: 'balanced' }).losses, [meanLoss(0, weights), meanLoss(1, weights)]) < 1e-6);
});

test('a sample without a known pixel loses nothing and is not measured, and the others count for it', (t) => {
  const { losses, metrics } = measure({}, { numbers: [[-1, -1, -1, -1], NUMBERS[1]!], labelled: 0.5 });
  t.true(largestError(losses, [0, 2 * meanLoss(1)]) < 1e-6);
  t.deepEqual(['sampleIou', 'pixelAccuracy'].map((name) => metrics[name]!.counted), [[0, 1], [0, 1]]);
  t.deepEqual(measure({}, { weights: [0, 1] }).metrics['sampleIou']!.counted, [0, 1]);
});

test('the overlap of a sample is the mean over the classes that it has or was said to have, and pixels count alike in the accuracy', (t) => {
  const { sampleIou, pixelAccuracy } = measure({}).metrics;
  // Said 0, 1, (unknown), 2 of 0, 1, -, 2; and 1, 0, 2, 0 of 1, 2, 2, 0.
  t.true(largestError(sampleIou!.values, [1, (1 / 2 + 1 + 1 / 2) / 3]) < 1e-6, JSON.stringify(sampleIou));
  t.true(largestError(pixelAccuracy!.values, [1, 3 / 4]) < 1e-6);
  t.true(largestError(pixelAccuracy!.counted, [3 / 4, 1]) < 1e-6);
  tf.tidy(() => {
    const nothing = tf.zeros<tf.Rank.R3>([1, 2, 3]);
    t.deepEqual([...overlapOf(nothing, nothing, tf.zeros([1, 2, 1])).dataSync()], [0]);
  });
});

test('a mask is cropped and mirrored as its picture is, and no two classes are mixed', (t) => {
  const [height, width, side] = [40, 60, 16];
  // The brightness of a pixel tells its class.
  const classAt = (y: number, x: number): number => (Math.floor(y / 20) + 3 * Math.floor(x / 30)) % 5;
  const frames = createClip({ numFrames: 1, height, width }, (_frame, y, x) => 50 * classAt(y, x));
  const mask = Uint8Array.from({ length: height * width }, (_, i) => (i === 0 ? 255 : classAt(Math.floor(i / width), i % width)));
  const puzzle = bindTask(segment, { minArea: 0.3, colourJitter: 0 }, side);
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let i = 0; i < 30; i++) {
    const { out } = drawOne(puzzle, { frames, mask, item: 0 }, random);
    const [picture, numbers] = [out['picture'] as Uint8Array, out['mask'] as Int32Array];
    const agreeing = [...numbers].filter((number, pixel) => number === -1 || picture[3 * pixel] === 50 * number).length;
    // Between two classes brightness is mixed.
    t.true(agreeing > 0.7 * numbers.length, String(agreeing));
    t.true(numbers.every((number) => number >= -1 && number < 5));
  }
  const { out } = drawOne(puzzle, { frames, item: 0 }, random);
  t.true((out['mask'] as Int32Array).every((number) => number === -1));
  t.is(puzzle.explain!(out).answer, 'no mask is shown');
});

test('held-out pictures are measured whole, as they are', (t) => {
  const puzzle = bindTask(segment, {}, 16);
  const media = createMedia(1, { side: 16, puzzle });
  const { out } = drawOne(puzzle, media, freshRandom().random);
  t.true(puzzle.drawPlain!(media, freshRandom().random, out));
  const { mask, frames: { width } } = media;
  const left = (width - 16) / 2;
  t.deepEqual([...out['mask']!], Array.from({ length: 256 }, (_, i) => { const value = mask![Math.floor(i / 16) * width + left + (i % 16)]!; return value === 255 ? -1 : value; }));
});

test('a worker without a copy of the data gets pictures and masks from the coordinator, and computes the same of them', async (t) => {
  const root = await makeTempFolder(t);
  for (let i = 0; i < 6; i++) {
    const picture = await sharp(Uint8Array.from({ length: 24 * 20 * 3 }, (_, at) => (at * (i + 7)) % 256), { raw: { width: 24, height: 20, channels: 3 } }).png().toBuffer();
    await writeFiles(root, { [`${i}.png`]: picture, ...(i < 5 && { [`${i}.mask.png`]: makePng({ width: 24, height: 20, values: Uint8Array.from({ length: 480 }, (_, at) => Math.floor(at / (100 + i)) % 3) }) }) });
  }
  const survey = await imageFolder.list(root, { holdout: 0, seed: 1 });
  const given = readRecipe({ data: { root, source: 'image-folder', side: 16, shortSide: 20 }, task: { name: 'segment' }, model: { name: 'convnet', options: { width: 2, stages: 2 } }, batch: { microbatches: 1, microbatchSize: 5 } });
  const recipe = nameClasses(given, survey, registries.task);
  t.deepEqual([recipe.data.classes, recipe.data.labelKind, recipe.data.labelled], [['class 0', 'class 1', 'class 2'], 'mask', 1]);
  t.true(recipe.data.chance!['pixelAccuracy']! > 0.4 && recipe.data.chance!['sampleIou']! > 0.1);
  const { items: trained, ...labels } = chooseTrained(recipe, survey.items);
  t.is(trained.length, 5);
  const samples = [...createEpochPlan(trained, { seed: 1, microbatches: 1, microbatchSize: 5, clipsPerVideo: 1, ...labels }).microbatch(1, 0)];
  t.true(samples.every(({ mask }) => mask !== undefined && !('pixels' in mask)));

  const route = createRoutes({ onWorker() {}, getStatus: () => ({}), handleLogs() {}, findItem: (_stage, index) => ({ root, item: survey.items[index]! }) });
  const { url } = await openHttpSite(t, (request, response) => {
    const found = route.flatMap((each) => { const numbers = matchPath(each, request.url!); return numbers ? [{ each, numbers }] : []; })[0];
    if (found) found.each.handle!(request, response, found.numbers);
    else response.writeHead(404).end();
  });
  const prepare = async (more: object) => {
    const source = await createDataSource(recipe, {
      url, stage: 1, numInstances: 5, log: createLog({ name: 'test', stream: null }), resources: { decodes: 2, augmentThreads: 0, frameCacheBytes: 1e7, fileCacheBytes: 1e7 }, ...more,
    });
    t.teardown(() => source.dispose());
    const { arrays, weights, unusable } = await source.prepare({ index: 0, samples, excluded: [] });
    t.deepEqual([...weights], [1, 1, 1, 1, 1], JSON.stringify(unusable));
    return arrays;
  };
  const own = await prepare({ root });
  t.deepEqual(await prepare({}), own);
  t.true((own['mask'] as Int32Array).some((number) => number === 2));
  // A copy whose mask was painted over is no copy of it.
  const copy = await makeTempFolder(t);
  const changed = survey.items[0]!.mask!;
  for (const { path } of survey.items) await sharp(join(root, path)).toFile(join(copy, path));
  await writeFile(join(copy, changed.path), Buffer.alloc(changed.bytes));
  t.deepEqual(await prepare({ root: copy }), own);

  t.not(hashManifest(survey.items, recipe.data), hashManifest(survey.items.map((item) => ({ ...item, ...(item.mask && { mask: { ...item.mask, content: 'other' } }) })), recipe.data));
  await t.notThrowsAsync(checkData({ root, links: 'inside', items: survey.items, labelKind: recipe.data.labelKind }));
  await rm(join(root, changed.path));
  await writeFile(join(root, changed.path), Buffer.alloc(changed.bytes));
  await t.throwsAsync(checkData({ root, links: 'inside', items: survey.items, labelKind: recipe.data.labelKind }), { code: 'DATA_CHANGED', message: /0\.mask\.png/ });
});
