// A second of sound with the frame in its middle, for tasks that hear: what a recipe may say of it, and how it is drawn from a video.

import { z } from 'zod';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Random } from '../../shared/random/random.js';
import type { Media } from '../decode/media.js';
import { guard } from './guard.js';
import { countColumns, listBands, type SpectrogramOptions } from './ops/spectrogram.js';

/** What every task of sounds lets a recipe say alike. */
export const soundOptions = {
  seconds: z.number().min(0.1).max(10).default(1).describe('Length of the sound, in seconds; the picture is from its middle.'),
  rateHz: z.int().min(2000).max(48_000).default(16_000).describe('Samples of sound a second; pitches up to half of it are heard.'),
  window: z.union([z.literal(128), z.literal(256), z.literal(512), z.literal(1024), z.literal(2048)]).default(512)
    .describe('Samples that one moment of the spectrogram is made of, a power of two: 128 to 2048.'),
  hop: z.int().min(16).max(4096).default(160).describe('Samples from one moment of the spectrogram to the next.'),
  bands: z.int().min(8).max(256).default(40).describe('Bands of pitches in the spectrogram.'),
  leastLevel: z.number().min(0).lt(1).default(0.002).describe('Sound whose level (root of the mean square, 1 is full scale) is lower counts as silence, of which no puzzle is made.'),
};

/** What a recipe says of the picture beside the sound. */
export const soundPictureOptions = {
  minArea: z.number().min(0.05).max(1).default(0.4).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  colourJitter: z.number().min(0).max(1).default(0.2).describe('Strength of changes in brightness, contrast and saturation, 0..1.'),
};

export const soundPictureGuards = {
  randomCrop: guard('Crop at a random place and size, so that a border or a logo is not always where it is in the video.'),
};

export interface SoundOptions extends SpectrogramOptions {
  readonly seconds: number;
  readonly leastLevel: number;
}

/** Seconds of sound that are drawn from a video in which some are silent. */
const NUM_TRIES = 8;

export interface Second {
  readonly samples: Float32Array;
  readonly level: number;
  /** Number of the frame in its middle. */
  readonly frame: number;
}

function levelOf(samples: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < samples.length; i++) squares += samples[i]! * samples[i]!;
  return Math.sqrt(squares / samples.length);
}

/** A second with something to hear and a frame to see; undefined where none was found. */
export function drawSecond({ frames, fps, sound }: Media, random: Random, { seconds, leastLevel }: Pick<SoundOptions, 'seconds' | 'leastLevel'>): Second | undefined {
  if (!sound || fps === undefined) return undefined;
  const length = Math.round(seconds * sound.rateHz);
  // The middle must lie before the end of the last frame.
  const latest = Math.min(sound.samples.length - length, Math.ceil((frames.numFrames / fps) * sound.rateHz - length / 2) - 1);
  if (latest < 0) return undefined;
  for (let i = 0; i < NUM_TRIES; i++) {
    const start = random.int(latest + 1);
    const samples = sound.samples.subarray(start, start + length);
    const level = levelOf(samples);
    if (level <= leastLevel) continue;
    return { samples, level, frame: Math.min(Math.floor(((start + length / 2) / sound.rateHz) * fps), frames.numFrames - 1) };
  }
  return undefined;
}

/** Throws PretextError BAD_RECIPE where no spectrogram can be made. */
export function throwOnSound(options: SoundOptions): void {
  if (countColumns(Math.round(options.seconds * options.rateHz), options) < 1) {
    throw new PretextError('BAD_RECIPE', `task.options.window: ${options.window} samples are more than ${options.seconds} s of ${options.rateHz} Hz have.`);
  }
  if (listBands(options).some(({ weights }) => weights.length === 0)) {
    throw new PretextError('BAD_RECIPE', `task.options.bands: a window of ${options.window} samples of ${options.rateHz} Hz cannot tell ${options.bands} bands apart.`, {
      hint: 'Take fewer bands or a longer window.',
    });
  }
}
