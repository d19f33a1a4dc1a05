import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { Item } from '../../../shared/datasets/dataset.js';
import { locateFfmpeg, type Ffmpeg } from '../../../shared/datasets/ffmpeg.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createDecoder, type Decoder, type DecoderOptions } from '../../../worker/decode/decoder.js';
import { makeNumberedVideo, readNumbers } from '../../helpers/numbered-video.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

const CLIP = { fps: 10, segmentS: 2, shortSide: 32 };

async function makeDecoder(t: ExecutionContext, folder: string, options: Partial<DecoderOptions> = {}): Promise<Decoder> {
  const decoder = createDecoder({
    openItem: ({ path }) => Promise.resolve(join(folder, path)),
    cacheBytes: 10 ** 8,
    concurrency: 2,
    clip: CLIP,
    imageShortSide: 16,
    ffmpeg: await locateFfmpeg(),
    ...options,
  });
  t.teardown(() => decoder.dispose());
  return decoder;
}

function makeItem(path: string, item: Partial<Item> = {}): Item {
  return { index: 0, path, kind: 'video', bytes: 1, split: 'train', ...item };
}

test('a video is cut into segments on a fixed grid, the last one with what is left over', async (t) => {
  const folder = await makeTempFolder(t);
  await makeNumberedVideo(join(folder, 'a.mp4'), { numFrames: 53, fps: 10 });
  const decoder = await makeDecoder(t, folder);
  const item = makeItem('a.mp4', { width: 64, height: 32, durationS: 5.3 });
  t.is(decoder.numSegments(item), 2);
  const numbers = [readNumbers((await decoder.decode(item, 0)).frames), readNumbers((await decoder.decode(item, 1)).frames)];
  t.deepEqual(numbers, [Array.from({ length: 20 }, (_, i) => i), Array.from({ length: 33 }, (_, i) => 20 + i)]);
});

test('a video of unknown size and duration is decoded all the same', async (t) => {
  const folder = await makeTempFolder(t);
  await makeNumberedVideo(join(folder, 'a.mkv'), { numFrames: 30, fps: 10 });
  const decoder = await makeDecoder(t, folder);
  t.is(decoder.numSegments(makeItem('a.mkv')), 1);
  t.like(await decoder.decode(makeItem('a.mkv'), 0), { frames: { numFrames: 20, height: 32, width: 64 }, fps: 10 });
});

test('an image is one segment of one frame, and needs no ffmpeg', async (t) => {
  const folder = await makeTempFolder(t);
  await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } }).png().toFile(join(folder, 'a.png'));
  const decoder = createDecoder({
    openItem: ({ path }) => Promise.resolve(join(folder, path)), cacheBytes: 1000, concurrency: 1, clip: CLIP, imageShortSide: 16,
  });
  const item = makeItem('a.png', { kind: 'image' });
  t.is(decoder.numSegments(item), 1);
  t.like(await decoder.decode(item, 0), { frames: { numFrames: 1, height: 16, width: 32 }, item: 0, fps: undefined });
  await t.throwsAsync(decoder.decode(makeItem('a.mp4', { index: 1 }), 0), { code: 'FFMPEG_ABSENT' });
});

test('decodes at once are bounded, and every item is decoded once', async (t) => {
  const folder = await makeTempFolder(t);
  await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } }).png().toFile(join(folder, 'a.png'));
  let open = 0;
  let most = 0;
  let numOpened = 0;
  const decoder = await makeDecoder(t, folder, {
    concurrency: 3,
    openItem: async () => {
      numOpened += 1;
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 10));
      open -= 1;
      return join(folder, 'a.png');
    },
  });
  const requests = Array.from({ length: 60 }, (_, i) => decoder.decode(makeItem('a.png', { kind: 'image', index: i % 12 }), 0));
  await Promise.all(requests);
  t.is(numOpened, 12);
  t.is(most, 3);
  t.like(decoder.stats(), { hits: 48, misses: 12 });
});

test('a broken file is tried once and gives the same error again; a file that could not be fetched is tried again', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'broken.mp4': 'not a video' });
  let numOpened = 0;
  let isReachable = false;
  const decoder = await makeDecoder(t, folder, {
    openItem: ({ path }) => {
      numOpened += 1;
      if (path === 'far.mp4' && !isReachable) return Promise.reject(new PretextError('UNREACHABLE', 'gone'));
      return Promise.resolve(join(folder, 'broken.mp4'));
    },
  });
  const broken = makeItem('broken.mp4');
  const errors = [await t.throwsAsync(decoder.decode(broken, 0)), await t.throwsAsync(decoder.decode(broken, 0))];
  t.is(errors[0], errors[1]);
  t.like(errors[0], { code: 'DECODE_FAILED' });
  t.is(numOpened, 1);
  const far = makeItem('far.mp4', { index: 1 });
  await t.throwsAsync(decoder.decode(far, 0), { code: 'UNREACHABLE' });
  isReachable = true;
  await t.throwsAsync(decoder.decode(far, 0), { code: 'DECODE_FAILED' });
});

test('a file that another worker removes before it was read is opened again, a mask too, and is not blamed', async (t) => {
  const folder = await makeTempFolder(t);
  const square = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } }).png().toBuffer();
  const mask = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'black' } }).toColourspace('b-w').png().toBuffer();
  const contents = { 'a.png': square, 'mask.png': mask };
  const opened: string[] = [];
  let stays = false;
  const decoder = await makeDecoder(t, folder, {
    masks: true,
    openItem: async ({ path }) => {
      const file = join(folder, path);
      const isFirst = !opened.includes(path);
      opened.push(path);
      await writeFile(file, contents[path as keyof typeof contents]);
      if (isFirst || stays) await rm(file);
      return file;
    },
  });
  const item = makeItem('a.png', { kind: 'image', mask: { path: 'mask.png', bytes: mask.length, content: '' } });
  t.like(await decoder.decode(item, 0), { frames: { numFrames: 1 }, mask: new Uint8Array(256) });
  t.deepEqual(opened, ['a.png', 'a.png', 'mask.png', 'a.png', 'mask.png']);
  stays = true;
  const error = await t.throwsAsync(decoder.decode({ ...item, index: 1 }, 0), { code: 'WORKER_FAILED' });
  t.regex(error.message, /removed while it was read/);
});

test('disposing kills what is being decoded and what waits for it', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { ffmpeg: `#!/bin/sh\ntouch "${folder}/pid-$$"\nexec sleep 60\n` });
  await chmod(join(folder, 'ffmpeg'), 0o755);
  const ffmpeg: Ffmpeg = { ffmpeg: join(folder, 'ffmpeg'), ffprobe: '', source: 'path', version: '' };
  const decoder = await makeDecoder(t, folder, { ffmpeg });
  const decoding = Array.from({ length: 5 }, (_, index) => decoder.decode(makeItem('a.mp4', { index, width: 64, height: 32 }), 0));
  const ends = Promise.allSettled(decoding);
  const findPids = async (): Promise<number[]> => (await readdir(folder)).filter((name) => name.startsWith('pid-')).map((name) => Number(name.slice(4)));
  while ((await findPids()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await decoder.dispose();
  for (const pid of await findPids()) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  t.is((await findPids()).length, 2);
  for (const end of await ends) t.like(end, { status: 'rejected', reason: { code: 'CANCELLED' } });
  await t.throwsAsync(decoder.decode(makeItem('a.mp4'), 0), { code: 'CANCELLED' });
});

test('what the cache let go decodes to the same bytes again', async (t) => {
  const folder = await makeTempFolder(t);
  await makeNumberedVideo(join(folder, 'a.mp4'), { numFrames: 40, fps: 10 });
  const decoder = await makeDecoder(t, folder, { cacheBytes: 0 });
  const item = makeItem('a.mp4', { width: 64, height: 32, durationS: 4 });
  const [one, other] = [await decoder.decode(item, 1), await decoder.decode(item, 1)];
  t.not(one, other);
  t.deepEqual(Buffer.from(one.frames.dataNHWC), Buffer.from(other.frames.dataNHWC));
  t.is(decoder.stats().bytes, 0);
});
