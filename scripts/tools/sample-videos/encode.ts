// Raw frames, and sound where there is any, into a video file, by whichever encoder the ffmpeg at hand has.

import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Ffmpeg } from '../../../shared/datasets/ffmpeg.js';
import { messageOf } from '../../../shared/errors/pretext-error.js';
import type { Sound } from '../../../worker/decode/media.js';

export interface RawVideo {
  /** RGB bytes, frame after frame. */
  readonly frames: Uint8Array;
  readonly side: number;
  readonly fps: number;
  /** Begins with the first frame. */
  readonly sound?: Sound;
}

const TIMEOUT_MS = 60_000;
const run = promisify(execFile);

/** Arguments of the encoder to use: H.264 where it was built in, MPEG-4 else. */
export async function chooseEncoder({ ffmpeg }: Ffmpeg): Promise<readonly string[]> {
  const { stdout } = await run(ffmpeg, ['-hide_banner', '-encoders'], { timeout: TIMEOUT_MS });
  return stdout.includes(' libx264 ') ? ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20'] : ['-c:v', 'mpeg4', '-q:v', '3'];
}

const describeSound = (path: string, { rateHz }: Sound): string[] => ['-f', 'f32le', '-ar', String(rateHz), '-ac', '1', '-i', `file:${path}`];

/** Writes one video, its index in front. The same frames, sound and ffmpeg give the same file. */
export async function encodeVideo(path: string, video: RawVideo, { ffmpeg }: Ffmpeg, encoder: readonly string[]): Promise<void> {
  const { frames, side, fps, sound } = video;
  const soundPath = `${path}.f32`;
  if (sound) await writeFile(soundPath, sound.samples);
  const args = [
    '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${side}x${side}`, '-r', String(fps), '-i', 'pipe:0',
    ...(sound ? [...describeSound(soundPath, sound), '-flags:a', '+bitexact'] : []),
    ...encoder, '-threads', '1', '-pix_fmt', 'yuv420p', '-fflags', '+bitexact', '-flags:v', '+bitexact',
    '-movflags', '+faststart', '-y', `file:${path}`,
  ];
  try {
    await runOn(frames, ffmpeg, args, path);
  } finally {
    if (sound) await rm(soundPath);
  }
}

function runOn(frames: Uint8Array, ffmpeg: string, args: readonly string[], path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(ffmpeg, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      if (error) reject(new Error(`ffmpeg could not write ${path}: ${stderr.trim() || messageOf(error)}`, { cause: error }));
      else resolve();
    });
    // An encoder that gives up closes its end; its exit code says so.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(frames);
  });
}
