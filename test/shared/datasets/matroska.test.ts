// Lengths of videos whose container counts from a zero of its own, says how long the longest stream is, or says nothing.

import { execFile, execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import test, { type ExecutionContext } from 'ava';
import type { Item } from '../../../shared/datasets/dataset.js';
import { locateFfmpeg } from '../../../shared/datasets/ffmpeg.js';
import { videoFolder } from '../../../shared/datasets/video-folder.js';
import { createDecoder } from '../../../worker/decode/decoder.js';
import { makeNumberedVideo, readNumbers } from '../../helpers/numbered-video.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const FPS = 10;
const SEGMENT_S = 2;

/** A video of 20 seconds that begins at 0. */
async function makeLong(t: ExecutionContext): Promise<{ ffmpeg: string; long: string; folder: string }> {
  const long = join(await makeTempFolder(t), 'long.mkv');
  await makeNumberedVideo(long, { numFrames: 200, fps: FPS });
  return { ffmpeg: (await locateFfmpeg()).ffmpeg, long, folder: await makeTempFolder(t) };
}

const listItems = async (folder: string): Promise<readonly Item[]> => (await videoFolder.list(folder, { holdout: 0, seed: 1 })).items;

/** The numbers of the first frames of every segment. */
async function decodeAll(t: ExecutionContext, folder: string, item: Item): Promise<number[]> {
  const decoder = createDecoder({
    openItem: ({ path }) => Promise.resolve(join(folder, path)), cacheBytes: 0, concurrency: 1,
    clip: { fps: FPS, segmentS: SEGMENT_S, shortSide: 32 }, imageShortSide: 32, ffmpeg: await locateFfmpeg(),
  });
  t.teardown(() => decoder.dispose());
  const firsts: number[] = [];
  for (let segment = 0; segment < decoder.numSegments(item); segment++) firsts.push(readNumbers((await decoder.decode(item, segment)).frames)[0]!);
  return firsts;
}

test('pieces of a longer film have their own lengths, and every segment has its frames', async (t) => {
  const { ffmpeg, long, folder } = await makeLong(t);
  execFileSync(ffmpeg, ['-v', 'error', '-i', long, '-c', 'copy', '-f', 'segment', '-segment_time', '8', join(folder, 's%d.mkv')]);
  const items = await listItems(folder);
  t.true(items.length > 1);
  // They are cut at key frames, wherever those are.
  let firstFrame = 0;
  for (const item of items) {
    const firsts = await decodeAll(t, folder, item);
    t.deepEqual(firsts, firsts.map((_, segment) => firstFrame + segment * SEGMENT_S * FPS), item.path);
    firstFrame += Math.round(item.durationS! * FPS);
  }
  t.is(firstFrame, 200);
});

test('a video that begins late is as long as it is', async (t) => {
  const { ffmpeg, long, folder } = await makeLong(t);
  execFileSync(ffmpeg, ['-v', 'error', '-itsoffset', '100', '-i', long, '-c', 'copy', '-copyts', join(folder, 'x.mkv')]);
  const [item] = await listItems(folder);
  t.true(Math.abs(item!.durationS! - 20) < 0.02, String(item!.durationS));
  t.deepEqual(await decodeAll(t, folder, item!), [0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
});

test('sound that goes on does not make the picture longer', async (t) => {
  const { ffmpeg, long, folder } = await makeLong(t);
  execFileSync(ffmpeg, ['-v', 'error', '-t', '4', '-i', long, '-f', 'lavfi', '-i', 'sine=duration=12', '-c:v', 'copy', '-c:a', 'flac', join(folder, 'x.mkv')]);
  const [item] = await listItems(folder);
  // A copy ends some frames after what was asked for.
  t.true(item!.durationS! >= 4 && item!.durationS! < 5, String(item!.durationS));
  t.true(item!.hasSound);
});

test('a container that says nothing is measured', async (t) => {
  const { ffmpeg, long, folder } = await makeLong(t);
  const child = execFile(ffmpeg, ['-v', 'error', '-i', long, '-c', 'copy', '-f', 'matroska', '-live', '1', 'pipe:1'], { encoding: 'buffer', maxBuffer: 1e8 });
  await pipeline(child.stdout!, createWriteStream(join(folder, 'live.mkv')));
  const [item] = await listItems(folder);
  t.true(Math.abs(item!.durationS! - 20) < 0.02, String(item!.durationS));
  t.is((await readdir(folder)).length, 1);
});
