// The beginning of every ffmpeg command that cuts a piece out of a file: what may be opened, and where reading begins.

import ffmpegCommand from 'fluent-ffmpeg';
import { SAFE_INPUT_OPTIONS } from '../../shared/datasets/ffmpeg-input.js';

export interface SeekInput {
  readonly command: ffmpegCommand.FfmpegCommand;
  /** Where the piece begins in what is read, in seconds. */
  readonly preRollS: number;
}

/**
 * Pixels of a film's picture: 8192x4320 in blocks of 64. A decoder keeps up to 17 pictures, 1.2 GB of the usual kind of pixels; a file of
 * 400 kB can ask for four times that.
 */
const MAX_FILM_PIXELS = 8192 * 4352;

/** Reading begins this much earlier, so that what is shown or heard at the start is known even if it began before. */
const PRE_ROLL_S = 0.5;

/** Opens a file at `startS` seconds from its start, on one thread. */
export function openAt(path: string, startS: number, inputOptions: readonly string[] = []): SeekInput {
  const preRollS = Math.min(startS, PRE_ROLL_S);
  const seekS = startS - preRollS;
  const command = ffmpegCommand().input(`file:${path}`).inputOptions([
    '-v', 'error', '-nostdin', ...SAFE_INPUT_OPTIONS, '-max_pixels', String(MAX_FILM_PIXELS), '-threads', '1', '-filter_threads', '1',
    ...inputOptions,
    ...(seekS > 0 ? ['-ss', seekS.toFixed(6)] : []),
  ]);
  return { command, preRollS };
}

/** Seconds of processor time after which a process ends itself. It may outlive this one, killed before it could kill it. */
export const limitTime = (timeoutMs: number): string[] => ['-timelimit', String(Math.ceil(timeoutMs / 1000))];
