import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { OBJECT_CLASSES, renderVideo } from '../../../scripts/tools/sample-videos/render.js';
import { makeSampleVideos } from '../../../scripts/tools/sample-videos.js';
import { locateFfmpeg } from '../../../shared/datasets/ffmpeg.js';
import { videoFolder } from '../../../shared/datasets/video-folder.js';
import { createRandom } from '../../../shared/random/random.js';
import { decodeClip } from '../../../worker/decode/clip.js';
import { DEFAULT_LIMITS } from '../../../worker/decode/limits.js';
import { findBuilds } from '../../helpers/ffmpeg-builds.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';
import { skipWithReason } from '../../helpers/test-data.js';

const OPTIONS = { numVideos: 10, seed: 5, seconds: 1, side: 64, fps: 12 };
const CLASSES = Object.keys(OBJECT_CLASSES);
const NUM_VIDEOS = 60;
const NUM_FRAMES = 12;
/** Frames that a puzzle might have: four, evenly apart. */
const PICKED = [1, 4, 7, 10];

/** The picked frames of a video. */
function renderPicked(index: number): Uint8Array[] {
  const side = 64;
  const random = createRandom({ seed: 3, epoch: 0, sample: index, purpose: 'sample video' });
  const bytes = renderVideo({ objectClass: CLASSES[index % CLASSES.length]!, index, side, numFrames: NUM_FRAMES }, random);
  const length = side * side * 3;
  return PICKED.map((i) => bytes.subarray(i * length, (i + 1) * length));
}

const mean = (levels: Uint8Array): number => levels.reduce((sum, level) => sum + level, 0) / levels.length;
const spread = (levels: Uint8Array): number => levels.reduce((sum, level) => sum + (level - 128) ** 2, 0);

/** How much two frames differ once each has mean 0 and spread 1. */
function distance(a: Uint8Array, b: Uint8Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const [scaleA, scaleB] = [Math.sqrt(a.length / spread(a)), Math.sqrt(b.length / spread(b))];
  return a.reduce((sum, level, i) => sum + Math.abs((level - meanA) * scaleA - (b[i]! - meanB) * scaleB), 0);
}

/** The 12 orders of four things that are not each other's reverse. */
const ORDERS = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].flatMap((c) => {
  const rest = [0, 1, 2, 3].filter((i) => ![a, b, c].includes(i));
  return rest.length === 1 && a < rest[0]! ? [[a, b, c, rest[0]!]] : [];
})));

/** How many of the videos `guess` puts into the right order, forwards or backwards. */
function countRight(guess: (frames: readonly Uint8Array[]) => readonly number[]): number {
  return Array.from({ length: NUM_VIDEOS }, (_, index) => guess(renderPicked(index)).join()).filter((order) => order === '0,1,2,3' || order === '3,2,1,0').length;
}

function sortBy(measure: (frame: Uint8Array) => number): (frames: readonly Uint8Array[]) => readonly number[] {
  return (frames) => {
    const measures = frames.map(measure);
    return [0, 1, 2, 3].sort((a, b) => measures[a]! - measures[b]!);
  };
}

test('the set has every class in both splits, and one file that lists but does not decode', async (t) => {
  const folder = await makeTempFolder(t);
  const { videos, broken } = await makeSampleVideos(folder, OPTIONS);
  const { items, rejected } = await videoFolder.list(folder, { holdout: 0, seed: 1 });
  t.deepEqual(rejected, []);
  t.deepEqual(items.map(({ path }) => path), [...videos, broken].sort());
  const sound = items.filter(({ path }) => path !== broken);
  for (const split of ['train', 'test']) t.is(new Set(sound.filter((item) => item.split === split).map(({ label }) => label)).size, CLASSES.length);
  for (const item of sound) t.like(item, { width: 64, height: 64, durationS: 1, fps: 12 });

  const ffmpeg = await locateFfmpeg();
  const clip = { startS: 0, lengthS: 1, fps: 12, shortSide: 64, limits: DEFAULT_LIMITS, ffmpeg };
  t.is((await decodeClip(join(folder, videos[3]!), clip)).numFrames, 12);
  await t.throwsAsync(decodeClip(join(folder, broken), clip), { code: 'DECODE_FAILED' });
});

test('the seed decides every byte of the files', async (t) => {
  const folder = await makeTempFolder(t);
  const options = { ...OPTIONS, numVideos: 2 };
  const { videos } = await makeSampleVideos(join(folder, 'a'), options);
  await makeSampleVideos(join(folder, 'b'), options);
  await makeSampleVideos(join(folder, 'c'), { ...options, seed: 6 });
  for (const path of videos) {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readFile(join(folder, name, path))));
    t.deepEqual(a, b);
    t.notDeepEqual(a, c);
  }
});

test('the old ffmpeg of npm can make and read the set as well', async (t) => {
  const [, packaged] = await findBuilds();
  if (!packaged?.ffmpeg) return skipWithReason(t, packaged?.reason ?? '');
  const folder = await makeTempFolder(t);
  const { videos } = await makeSampleVideos(folder, { ...OPTIONS, numVideos: 1 }, packaged.ffmpeg);
  const frames = await decodeClip(join(folder, videos[0]!), { startS: 0, lengthS: 1, fps: 12, shortSide: 64, limits: DEFAULT_LIMITS, ffmpeg: packaged.ffmpeg });
  t.like(frames, { numFrames: 12, width: 64, height: 64 });
});

test('the order of frames can be told from the pictures: the one with the least change is mostly right', (t) => {
  t.is(ORDERS.length, 12);
  const numRight = countRight((frames) => {
    const change = (order: readonly number[]): number => order.slice(1).reduce((sum, frame, i) => sum + distance(frames[order[i]!]!, frames[frame]!), 0);
    return ORDERS.reduce((best, order) => (change(order) < change(best) ? order : best));
  });
  t.true(numRight > 0.65 * NUM_VIDEOS, `${numRight} of ${NUM_VIDEOS}`);
});

test('the order of frames cannot be told from their brightness or contrast', (t) => {
  // A guesser is right once in twelve: 5 of 60.
  for (const measure of [mean, spread]) t.true(countRight(sortBy(measure)) < 0.25 * NUM_VIDEOS, `${measure.name} ${countRight(sortBy(measure))}`);
});
