// Frames of a piece of a video, by ffmpeg: cut at exact times, upright, at a constant rate, in sRGB bytes of one size.
//
// Damage that ffmpeg itself conceals is tolerated: ffmpeg exits with 0 then, and on one thread, from the same place, it conceals
// in the same way every time. Any other exit fails the clip, even where frames came out before: how far a process got before it
// was killed differs from run to run.

import type { Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { firstMessage } from '../../shared/datasets/ffmpeg-input.js';
import { runProgram } from '../../shared/datasets/ffmpeg-process.js';
import { pickChannels, type Channels } from '../../shared/datasets/pictures/to-bytes.js';
import { probeVideo } from '../../shared/datasets/probe-video.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Frames } from './frames.js';
import { countBytes, fitShortSide, timesOf, type DecodeLimits, type Size } from './limits.js';
import { limitTime, openAt } from './seek-input.js';

export interface ClipOptions {
  /** Seconds from the start of the file. */
  readonly startS: number;
  readonly lengthS: number;
  /** Frames a second of the result, whatever the file has. */
  readonly fps: number;
  /** Pixels that the shorter side is brought to. */
  readonly shortSide: number;
  readonly limits: DecodeLimits;
  readonly ffmpeg: Ffmpeg;
  /** Default: red, green and blue. */
  readonly channels?: Channels;
  /** Size of the video as shown (`Item`); probed when absent. */
  readonly size?: Size | undefined;
  readonly signal?: AbortSignal | undefined;
}

// Bit-exact paths only: two builds of ffmpeg, four years apart, agree to the byte with these.
const SCALER_FLAGS = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact';

/** For frames that are marked as two half pictures; others pass untouched. */
const DEINTERLACE = 'yadif=mode=send_frame:deint=interlaced';
/** The filter refuses the smallest pictures, which are never interlaced. */
const LEAST_INTERLACED = 16;

/**
 * Decodes one clip: frame k is what a player shows at `startS + k / fps`, round(lengthS * fps) frames, fewer (at least one)
 * where the file ends. Throws PretextError DECODE_FAILED, DECODE_TIMEOUT, DECODE_LIMIT, or CANCELLED on abort; in every case
 * the process is gone when the promise settles.
 */
export async function decodeClip(path: string, options: ClipOptions): Promise<Frames> {
  const { ffmpeg, signal, limits, channels = 'rgb' } = options;
  const shown = options.size ?? (await probeVideo(path, { ffprobe: ffmpeg.ffprobe, timeoutMs: limits.timeoutMs, signal }));
  const size = fitShortSide(shown, options.shortSide);
  const numFrames = Math.max(1, Math.round(options.lengthS * options.fps));
  const data = new Uint8Array(new SharedArrayBuffer(countBytes(numFrames, size, limits)));
  const args = createArguments(path, options, { shown, size, numFrames });
  let numBytes = 0;
  function onOutput(chunk: Uint8Array): void {
    const fitting = chunk.subarray(0, data.length - numBytes);
    data.set(fitting, numBytes);
    numBytes += fitting.length;
  }
  const stderr = await runProgram(ffmpeg.ffmpeg, args, { path, ...timesOf(limits), signal, onOutput });

  const bytesPerFrame = data.length / numFrames;
  const numDecoded = Math.floor(numBytes / bytesPerFrame);
  if (numDecoded === 0) {
    throw new PretextError('DECODE_FAILED', `No frame could be decoded: ${firstMessage(stderr, path) || 'the file has none there'}`);
  }
  const rgb = numDecoded === numFrames ? data : share(data.subarray(0, numDecoded * bytesPerFrame));
  return { dataNHWC: channels === 'rgb' ? rgb : share(pickChannels(rgb, channels)), numFrames: numDecoded, ...size };
}

/** Of the file, and of what is made of it. */
interface Shape {
  readonly shown: Size;
  readonly size: Size;
  readonly numFrames: number;
}

function createArguments(path: string, { startS, fps, limits }: ClipOptions, { shown, size, numFrames }: Shape): string[] {
  const { command, preRollS } = openAt(path, startS);
  return command
    .videoFilters([
      ...(Math.min(shown.width, shown.height) < LEAST_INTERLACED ? [] : [DEINTERLACE]),
      // Rounding up picks, for a time, the last frame that began by then.
      `fps=fps=${fps}:round=up:start_time=${preRollS.toFixed(6)}`,
      // From zero at the constant rate there is nothing left to duplicate or drop on the way out; the option that forbids it
      // has another name in every other version.
      'setpts=PTS-STARTPTS',
      `scale=${size.width}:${size.height}:flags=${SCALER_FLAGS}`,
    ])
    // V: no cover pictures.
    .outputOptions([...limitTime(limits.timeoutMs), '-map', '0:V:0', '-an', '-sn', '-dn', '-frames:v', String(numFrames), '-pix_fmt', 'rgb24', '-f', 'rawvideo'])
    .output('pipe:1')
    ._getArguments();
}

/** A copy on shared memory. */
function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
