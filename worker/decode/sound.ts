// Sound of a piece of a video, by ffmpeg: one channel of float32 at a fixed rate, cut at the same time as the frames.
//
// Two builds of ffmpeg, four years apart, agree to the byte where the file holds samples as they are (PCM, FLAC), and up to rounding,
// about 1e-7 of full scale, where a codec computes them (AAC, MP3, Vorbis, Opus). After a seek in a container that keeps times in
// milliseconds (Matroska) one build may be half of one later than another. One build gives the same bits on every processor: it
// may not use instructions that others lack, for they sum in another order.

import type { Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { runProgram } from '../../shared/datasets/ffmpeg-process.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { timesOf, type DecodeLimits } from './limits.js';
import type { Sound } from './media.js';
import { limitTime, openAt } from './seek-input.js';

export interface SoundOptions {
  /** Seconds from the start of the file. */
  readonly startS: number;
  readonly lengthS: number;
  /** Samples a second of the result, whatever the file has. */
  readonly rateHz: number;
  readonly limits: DecodeLimits;
  readonly ffmpeg: Ffmpeg;
  readonly signal?: AbortSignal | undefined;
}

const BYTES_PER_SAMPLE = 4;
const NO_STREAM = /matches no streams/;

/**
 * Decodes the first audio stream: sample k is what is heard at `startS + k / rateHz`, fewer than lengthS * rateHz samples where it
 * ends before. Silence stands where it begins later or has gaps. Undefined where the file has no audio stream. Throws PretextError
 * DECODE_FAILED, DECODE_TIMEOUT, DECODE_LIMIT, or CANCELLED on abort; the process is gone when the promise settles.
 */
export async function decodeSound(path: string, options: SoundOptions): Promise<Sound | undefined> {
  const { ffmpeg, signal, limits, rateHz } = options;
  const numSamples = Math.max(1, Math.round(options.lengthS * rateHz));
  const bytes = new Uint8Array(new SharedArrayBuffer(countBytes(numSamples, limits)));
  let numBytes = 0;
  function onOutput(chunk: Uint8Array): void {
    const fitting = chunk.subarray(0, bytes.length - numBytes);
    bytes.set(fitting, numBytes);
    numBytes += fitting.length;
  }
  try {
    await runProgram(ffmpeg.ffmpeg, createArguments(path, options, numSamples), { path, ...timesOf(limits), signal, onOutput });
  } catch (error) {
    // Not in the first line, where other streams are damaged.
    if (error instanceof PretextError && NO_STREAM.test(String(error.cause))) return undefined;
    throw error;
  }
  const samples = copyShared(new Float32Array(bytes.buffer, 0, Math.floor(numBytes / BYTES_PER_SAMPLE)));
  if (!samples.every(Number.isFinite)) throw new PretextError('DECODE_FAILED', 'The sound has samples that are not finite numbers.');
  return { samples, rateHz };
}

function copyShared(samples: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

function countBytes(numSamples: number, { maxBytes }: DecodeLimits): number {
  const bytes = numSamples * BYTES_PER_SAMPLE;
  if (bytes > maxBytes) throw new PretextError('DECODE_LIMIT', `${numSamples} samples of sound (${bytes} bytes) are over the limit of ${maxBytes} bytes.`);
  return bytes;
}

function createArguments(path: string, { startS, rateHz, limits }: SoundOptions, numSamples: number): string[] {
  const { command, preRollS } = openAt(path, startS, ['-cpuflags', '0']);
  const first = Math.round(preRollS * rateHz);
  return command
    .audioFilters([
      // From the time where reading began: silence where the stream begins later and where it has gaps. Channels are averaged: with
      // weights that add up to 1, for floating-point numbers too.
      `aresample=${rateHz}:async=1:first_pts=0:internal_sample_fmt=fltp:rematrix_maxval=1`,
      'aformat=sample_fmts=flt:channel_layouts=mono',
      `atrim=start_sample=${first}:end_sample=${first + numSamples}`,
    ])
    .outputOptions([...limitTime(limits.timeoutMs), '-map', '0:a:0', '-vn', '-sn', '-dn', '-f', 'f32le'])
    .output('pipe:1')
    ._getArguments();
}
