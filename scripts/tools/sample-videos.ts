// A set of short synthetic videos to try Pretext on where there are no own ones: classes in folders, a split, things that
// move, and one file that is broken on purpose. Leaves out how they are drawn (sample-videos/).

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { locateFfmpeg, type Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { createLimiter } from '../../shared/datasets/limiter.js';
import { createRandom } from '../../shared/random/random.js';
import { chooseEncoder, encodeVideo } from './sample-videos/encode.js';
import { OBJECT_CLASSES, renderVideo } from './sample-videos/render.js';

export interface SampleVideosOptions {
  /** Good ones; the broken one is one more. */
  readonly numVideos: number;
  readonly seed: number;
  readonly seconds: number;
  /** Width and height in pixels; even. */
  readonly side: number;
  readonly fps: number;
}

export interface SampleVideos {
  /** Paths relative to the folder: train/CLASS/NNN.mp4 and test/CLASS/NNN.mp4. */
  readonly videos: readonly string[];
  /** The one that looks like a video and holds no frame. */
  readonly broken: string;
}

/** One video of every so many is for evaluation. */
const TEST_EVERY = 4;
const ENCODERS_AT_ONCE = 2;

/**
 * Makes the set under `folder`, the same files for the same options and ffmpeg. Throws PretextError FFMPEG_ABSENT; files that
 * are there already are overwritten.
 */
export async function makeSampleVideos(folder: string, options: SampleVideosOptions, ffmpeg?: Ffmpeg): Promise<SampleVideos> {
  const program = ffmpeg ?? (await locateFfmpeg());
  const encoder = await chooseEncoder(program);
  const limit = createLimiter(ENCODERS_AT_ONCE);
  const videos = Array.from({ length: options.numVideos }, (_, index) => namePath(index));
  await Promise.all([...new Set(videos.map(dirname))].map((path) => mkdir(join(folder, path), { recursive: true })));

  await Promise.all(videos.map((path, index) => limit(async () => {
    const random = createRandom({ seed: options.seed, epoch: 0, sample: index, purpose: 'sample video' });
    const numFrames = Math.round(options.seconds * options.fps);
    const frames = renderVideo({ objectClass: nameClass(index), index, side: options.side, numFrames }, random);
    await encodeVideo(join(folder, path), { frames, side: options.side, fps: options.fps }, program, encoder);
  })));
  return { videos, broken: await breakCopy(folder, videos[0]!) };
}

function nameClass(index: number): string {
  const names = Object.keys(OBJECT_CLASSES);
  return names[index % names.length]!;
}

/** Whole rounds of the classes go to one split, so that every class is in both. */
function namePath(index: number): string {
  const round = Math.floor(index / Object.keys(OBJECT_CLASSES).length);
  const split = round % TEST_EVERY === 1 ? 'test' : 'train';
  return `${split}/${nameClass(index)}/${String(index).padStart(3, '0')}.mp4`;
}

/** The index of a good file, and nothing of its pictures: it is found out when it is decoded, not when it is listed. */
async function breakCopy(folder: string, path: string): Promise<string> {
  const bytes = await readFile(join(folder, path));
  const broken = join(dirname(path), 'broken-on-purpose.mp4');
  await writeFile(join(folder, broken), bytes.subarray(0, bytes.indexOf('mdat') + 4));
  return broken;
}
