// Every odd, broken and mislabelled file of the test data: decoded right, or rejected with a reason, in bounded time.

import { join } from 'node:path';
import test from 'ava';
import type { Item } from '../../../shared/datasets/dataset.js';
import { locateFfmpeg } from '../../../shared/datasets/ffmpeg.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { videoFolder } from '../../../shared/datasets/video-folder.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createDecoder } from '../../../worker/decode/decoder.js';
import type { Frames } from '../../../worker/decode/frames.js';
import type { Sound } from '../../../worker/decode/media.js';
import { findTestData, skipWithReason } from '../../helpers/test-data.js';

const FPS = 8;
const SHORT_SIDE = 32;
const OPTIONS = { holdout: 0, seed: 1 };

/** Files with nothing to decode, by what is wrong with them; the rest must give frames. */
const BROKEN_VIDEOS = new Set([
  'derived/audio_only.mp4', 'derived/empty_0bytes.mp4', 'derived/text_named.mp4', 'derived/truncated_mp4_250kB.mp4', 'moviepy__result.webm',
  'mp4parse-rust__chunk_out_of_range.mp4', 'mp4parse-rust__invalid_userdata.mp4', 'mp4parse-rust__zero_empty_stsc.mp4',
  'small__AudioVideoInterleave.avi', 'small__FlashVideo.flv', 'small__Mpeg4.mp4', 'small__WindowsMediaVideo.wmv', 'small__mp4-with-audio.mp4',
  'small__webm.webm',
]);
/** Damaged: how much of them comes out is ffmpeg's business. */
const DAMAGED_VIDEOS = new Set([
  'decord__corrupted.mp4', 'decord__unordered.mov', 'derived/bitflips_avi.avi', 'derived/truncated_avi_200kB.avi', 'derived/truncated_faststart_mp4_250kB.mp4',
  'mp4parse-rust__no_timescale.mp4',
]);
/** Those that have sound; the rest have no audio stream. */
const SOUNDING_VIDEOS = new Set([
  'decord__flipping_a_pancake.mkv', 'derived/nonzero_start_editlist.mp4', 'derived/truncated_faststart_mp4_250kB.mp4',
  'moviepy__big_buck_bunny_432_433.webm', 'moviepy__chaplin.mp4', 'moviepy__example3.mp4', 'moviepy__no_duration.webm',
  'moviepy__smpte-2997.mp4', 'moviepy__transparent.webm', 'moviepy__video_with_failing_audio.mp4', 'mp4parse-rust__minimal.mp4',
  'torchcodec__nasa_13013.mp4', 'vision__R6llTwEh07w.mp4', 'vision__SOX5yA1l24A.mp4', 'vision__WUzgd7C1pWA.mp4',
]);
const BROKEN_IMAGES = new Set(['multipage_rgb.tif', 'non-motion-photo-shortened.jpg', 'sample_still_photo.heic']);

const videosRoot = findTestData('videos-odd');
const videos = videosRoot === undefined ? undefined : videoFolder.list(videosRoot, OPTIONS);

const bytesOf = (sound: Sound | undefined): Buffer | undefined => sound && Buffer.from(sound.samples.slice().buffer);

type Outcome = { readonly item: Item; readonly frames?: Frames; readonly sound?: Sound; readonly reason?: string };

/** Decodes the first segment of every item, twice over, without a cache. */
async function decodeAll(root: string, items: readonly Item[]): Promise<Outcome[][]> {
  const decoder = createDecoder({
    openItem: ({ path }) => Promise.resolve(join(root, path)),
    cacheBytes: 0,
    concurrency: 2,
    clip: { fps: FPS, segmentS: 3, shortSide: SHORT_SIDE },
    soundHz: 8000,
    imageShortSide: SHORT_SIDE,
    ffmpeg: await locateFfmpeg(),
    limits: { timeoutMs: 20_000, maxFrames: 64, maxBytes: 2 ** 24 },
  });
  const decodeOne = (item: Item): Promise<Outcome> => decoder.decode(item, 0).then(
    ({ frames, sound }) => ({ item, frames, ...(sound && { sound }) }),
    (error: unknown) => {
      if (!(error instanceof PretextError)) throw error;
      return { item, reason: `${error.code} ${error.message}` };
    },
  );
  const outcomes = [await Promise.all(items.map(decodeOne))];
  // Failures are kept, so only what can be decoded is decoded again.
  outcomes.push(await Promise.all(items.map(decodeOne)));
  await decoder.dispose();
  return outcomes;
}

test('every odd video is decoded to the right size and length, with its sound, or rejected with a reason, and the same again', async (t) => {
  if (!videosRoot || !videos) return skipWithReason(t, 'there is no test data here');
  t.timeout(240_000);
  const { items, rejected, ignored } = await videos;
  t.is(items.length + rejected.length, 61);
  t.is(ignored.reduce((sum, { count }) => sum + count, 0), 4);
  t.true(items.length >= 47);
  for (const { path, reason } of rejected) t.true(BROKEN_VIDEOS.has(path) && reason.length > 10, `${path}: ${reason}`);

  const [first, second] = await decodeAll(videosRoot, items);
  first!.forEach(({ item, frames, sound, reason }, i) => {
    const again = second![i]!;
    t.is(reason, again.reason, item.path);
    t.deepEqual(frames && Buffer.from(frames.dataNHWC), again.frames && Buffer.from(again.frames.dataNHWC), item.path);
    if (BROKEN_VIDEOS.has(item.path)) t.regex(reason ?? '', /^DECODE_FAILED .{10}/, item.path);
    else {
      t.is(reason, undefined, item.path);
      t.is(Math.min(frames!.width, frames!.height), SHORT_SIDE, item.path);
      t.is(frames!.width > frames!.height, item.width! > item.height!, item.path);
      t.is(sound !== undefined, SOUNDING_VIDEOS.has(item.path), item.path);
      t.deepEqual(bytesOf(sound), bytesOf(again.sound), item.path);
      if (!DAMAGED_VIDEOS.has(item.path) && item.durationS !== undefined) {
        const expected = Math.min(3, item.durationS) * FPS;
        t.true(item.durationS >= 3 ? frames!.numFrames >= 24 : Math.abs(frames!.numFrames - expected) <= 1, `${item.path}: ${frames!.numFrames} frames of ${item.durationS} s`);
      }
    }
  });
});

test('videos that ask to be turned come out turned', async (t) => {
  if (!videosRoot || !videos) return skipWithReason(t, 'there is no test data here');
  const { items } = await videos;
  const turned = items.filter(({ path }) => path.startsWith('decord__video_'));
  t.deepEqual(turned.map(({ rotation }) => rotation), [0, 180, 270, 90]);
  const [outcomes] = await decodeAll(videosRoot, turned);
  t.deepEqual(outcomes!.map(({ frames }) => [frames!.width, frames!.height]), [[56, 32], [56, 32], [32, 56], [32, 56]]);
});

test('every odd image is decoded to the right size, or rejected with a reason, and the same again', async (t) => {
  const root = findTestData('images-odd');
  if (!root) return skipWithReason(t, 'there is no test data here');
  const { items, rejected } = await imageFolder.list(root, OPTIONS);
  t.is(items.length + rejected.length, 16);
  for (const { path, reason } of rejected) t.true(BROKEN_IMAGES.has(path) && reason.length > 10, `${path}: ${reason}`);
  const [first, second] = await decodeAll(root, items);
  first!.forEach(({ item, frames, reason }, i) => {
    t.is(reason !== undefined, BROKEN_IMAGES.has(item.path), `${item.path}: ${reason}`);
    t.deepEqual(frames && Buffer.from(frames.dataNHWC), second![i]!.frames && Buffer.from(second![i]!.frames.dataNHWC), item.path);
    if (frames) {
      t.is(Math.min(frames.width, frames.height), SHORT_SIDE, item.path);
      t.is(frames.width > frames.height, item.width! > item.height!, item.path);
    }
  });
});
