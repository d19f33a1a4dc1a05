// Videos with sound that tests know, made by the real ffmpeg.

import { encodeVideo } from '../../scripts/tools/sample-videos/encode.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { findEncoder } from './encoder.js';

export interface SoundFile {
  readonly seconds: number;
  /** Sound at a time in seconds, -1..1; without it the file has no audio stream. */
  readonly soundAt?: (time: number) => number;
  /** The picture is black before this time and white from it on. */
  readonly whiteFromS?: number;
  /** More options of the output, such as `-c:a flac`. */
  readonly options?: readonly string[];
}

export const SOUND_FILE_FPS = 20;
const SIDE = 32;
const RATE_HZ = 44_100;

/** Writes a video of 20 frames a second, 32x32, with one channel of 44,100 Hz. */
export async function makeSoundFile(path: string, { seconds, soundAt, whiteFromS = Infinity, options = [] }: SoundFile): Promise<void> {
  const ffmpeg = await locateFfmpeg();
  const numFrames = Math.round(seconds * SOUND_FILE_FPS);
  const frames = new Uint8Array(numFrames * SIDE * SIDE * 3);
  frames.fill(255, Math.min(frames.length, Math.round(whiteFromS * SOUND_FILE_FPS) * SIDE * SIDE * 3));
  const sound = soundAt && { samples: Float32Array.from({ length: seconds * RATE_HZ }, (_, i) => soundAt(i / RATE_HZ)), rateHz: RATE_HZ };
  await encodeVideo(path, { frames, side: SIDE, fps: SOUND_FILE_FPS, ...(sound && { sound }) }, ffmpeg, [...(await findEncoder()), ...options]);
}

export const toneOf = (pitchHz: number, level = 0.5) => (time: number): number => level * Math.sin(2 * Math.PI * pitchHz * time);

/** A short beep of 1 kHz at a time, silence around it. */
export const clickAt = (startS: number) => (time: number): number => (time >= startS && time < startS + 0.01 ? 0.8 * Math.sin(2000 * Math.PI * (time - startS)) : 0);
