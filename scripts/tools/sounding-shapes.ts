// A set of short made videos to try sound on: shapes whose pitch follows their kind, silent ones and ones without an audio stream among
// them. `node build/scripts/tools/sounding-shapes.js FOLDER` makes the set of scripts/recipes/sound.yaml.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { createLimiter } from '../../shared/datasets/limiter.js';
import { createRandom, type Random } from '../../shared/random/random.js';
import type { Sound } from '../../worker/decode/media.js';
import { chooseEncoder, encodeVideo } from './sample-videos/encode.js';
import { renderShape, SHAPE_KINDS, soundShape } from './sounding-shapes/render.js';

export interface SoundingShapesOptions {
  readonly numVideos: number;
  readonly seed: number;
  readonly seconds: number;
  /** Width and height in pixels; even. */
  readonly side: number;
  readonly fps: number;
}

export interface SoundingShapes {
  /** Paths relative to the folder, the kinds in turn. */
  readonly videos: readonly string[];
  /** Those of them whose sound is silence. */
  readonly silent: readonly string[];
  /** Those of them without an audio stream. */
  readonly mute: readonly string[];
}

const RATE_HZ = 16_000;
const ENCODERS_AT_ONCE = 2;
const KINDS = Object.keys(SHAPE_KINDS);
/** Of every so many rounds of the kinds one is for evaluation. */
const TEST_EVERY = 4;
/** Of every so many videos one is silent and one mute. Prime to the number of kinds, so that it is each kind's turn. */
const ODD_EVERY = 13;

const isSilent = (index: number): boolean => index % ODD_EVERY === 5;
const isMute = (index: number): boolean => index % ODD_EVERY === 11;
const kindOf = (index: number): string => KINDS[index % KINDS.length]!;
const splitOf = (index: number): string => (Math.floor(index / KINDS.length) % TEST_EVERY === 1 ? 'test' : 'train');

function createSound(index: number, seconds: number, random: Random): Sound | undefined {
  if (isMute(index)) return undefined;
  if (isSilent(index)) return { samples: new Float32Array(Math.round(seconds * RATE_HZ)), rateHz: RATE_HZ };
  return soundShape(kindOf(index), seconds, RATE_HZ, random);
}

/** Makes the set and its labels.csv, the same files for the same options and ffmpeg. Throws PretextError FFMPEG_ABSENT. */
export async function makeSoundingShapes(folder: string, { numVideos, seed, seconds, side, fps }: SoundingShapesOptions): Promise<SoundingShapes> {
  const ffmpeg = await locateFfmpeg();
  const encoder = await chooseEncoder(ffmpeg);
  const limit = createLimiter(ENCODERS_AT_ONCE);
  const videos = Array.from({ length: numVideos }, (_, index) => `${String(index).padStart(4, '0')}.mp4`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'labels.csv'), ['path,label,split', ...videos.map((path, index) => `${path},${kindOf(index)},${splitOf(index)}`), ''].join('\n'));
  await Promise.all(videos.map((path, index) => limit(async () => {
    const random = createRandom({ seed, epoch: 0, sample: index, purpose: 'sounding shape' });
    const frames = renderShape({ kind: kindOf(index), index, side, numFrames: Math.round(seconds * fps) }, random);
    const sound = createSound(index, seconds, random);
    await encodeVideo(join(folder, path), { frames, side, fps, ...(sound && { sound }) }, ffmpeg, encoder);
  })));
  const select = (isWanted: (index: number) => boolean): string[] => videos.filter((_, index) => isWanted(index));
  return { videos, silent: select(isSilent), mute: select(isMute) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('Usage: node build/scripts/tools/sounding-shapes.js FOLDER');
  const { videos, silent, mute } = await makeSoundingShapes(folder, { numVideos: 160, seed: 1, seconds: 6, side: 64, fps: 8 });
  console.log(`${videos.length} videos of ${KINDS.length} kinds in ${folder}, ${silent.length} of them silent and ${mute.length} without an audio stream`);
}
