// Raw frames into an mp4 file, by whichever encoder the ffmpeg at hand has.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Ffmpeg } from '../../../shared/datasets/ffmpeg.js';
import { messageOf } from '../../../shared/errors/pretext-error.js';

export interface RawVideo {
  /** RGB bytes, frame after frame. */
  readonly frames: Uint8Array;
  readonly side: number;
  readonly fps: number;
}

const TIMEOUT_MS = 60_000;
const run = promisify(execFile);

/** Arguments of the encoder to use: H.264 where it was built in, MPEG-4 else. */
export async function chooseEncoder({ ffmpeg }: Ffmpeg): Promise<readonly string[]> {
  const { stdout } = await run(ffmpeg, ['-hide_banner', '-encoders'], { timeout: TIMEOUT_MS });
  return stdout.includes(' libx264 ') ? ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20'] : ['-c:v', 'mpeg4', '-q:v', '3'];
}

/** Writes one video, its index in front. The same frames and ffmpeg give the same file. */
export function encodeVideo(path: string, video: RawVideo, { ffmpeg }: Ffmpeg, encoder: readonly string[]): Promise<void> {
  const args = [
    '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${video.side}x${video.side}`, '-r', String(video.fps), '-i', 'pipe:0',
    ...encoder, '-threads', '1', '-pix_fmt', 'yuv420p', '-fflags', '+bitexact', '-flags:v', '+bitexact',
    '-movflags', '+faststart', '-y', `file:${path}`,
  ];
  return new Promise((resolve, reject) => {
    const child = execFile(ffmpeg, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      if (error) reject(new Error(`ffmpeg could not write ${path}: ${stderr.trim() || messageOf(error)}`, { cause: error }));
      else resolve();
    });
    // An encoder that gives up closes its end; its exit code says so.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(video.frames);
  });
}
