// What a video file says about itself, by ffprobe. Leaves out whether its frames can be decoded.

import { PretextError } from '../errors/pretext-error.js';
import type { Item, VideoTrait } from './dataset.js';
import { SAFE_INPUT_OPTIONS } from './ffmpeg-input.js';
import { runProgram } from './ffmpeg-process.js';
import { measureEnd } from './measure-end.js';

export interface VideoInfo {
  /** As shown: after rotation, with square pixels. */
  readonly width: number;
  readonly height: number;
  readonly rotation: NonNullable<Item['rotation']>;
  /** Absent where the container does not say and nothing can be measured. */
  readonly durationS?: number;
  readonly fps?: number;
  readonly hasSound: boolean;
  /** Absent where there are none. */
  readonly traits?: readonly VideoTrait[];
}

export interface ProbeOptions {
  readonly ffprobe: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

interface ProbeStream {
  readonly codec_type?: string;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly width?: number;
  readonly height?: number;
  readonly duration?: string;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly sample_aspect_ratio?: string;
  readonly field_order?: string;
  readonly color_transfer?: string;
  readonly pix_fmt?: string;
  readonly side_data_list?: readonly { readonly rotation?: number }[];
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ProbeOutput {
  readonly streams?: readonly ProbeStream[];
  readonly format?: { readonly duration?: string; readonly start_time?: string };
}

const TIMEOUT_MS = 20_000;
const MAX_OUTPUT_BYTES = 2 ** 20;
const ARGUMENTS = ['-v', 'error', ...SAFE_INPUT_OPTIONS, '-show_streams', '-show_format', '-of', 'json'];

/**
 * Size, duration, rate and rotation of the first video stream that is not a cover picture.
 * Throws PretextError DECODE_FAILED, DECODE_TIMEOUT, DECODE_LIMIT or CANCELLED; the process is gone in every case.
 */
export async function probeVideo(path: string, { ffprobe, signal, timeoutMs = TIMEOUT_MS }: ProbeOptions): Promise<VideoInfo> {
  const chunks: Uint8Array[] = [];
  let numBytes = 0;
  function onOutput(chunk: Uint8Array): void {
    numBytes += chunk.length;
    if (numBytes > MAX_OUTPUT_BYTES) throw new PretextError('DECODE_LIMIT', `ffprobe said more than ${MAX_OUTPUT_BYTES} bytes about the file.`);
    chunks.push(chunk);
  }
  // `file:` so that no name can be taken for an option or an address.
  await runProgram(ffprobe, [...ARGUMENTS, `file:${path}`], { path, timeoutMs, signal, onOutput });
  const output = JSON.parse(Buffer.concat(chunks).toString()) as ProbeOutput;
  const info = readProbe(output);
  // What the container says is how long its longest stream is, or when it ends.
  return saysLength(output) ? info : { ...info, ...(await measureLength(path, output, { ffprobe, signal, timeoutMs })) };
}

/** Seconds from where the file begins, by which pieces of it are found, to the end of its picture. Nothing where that cannot be read. */
async function measureLength(path: string, { format }: ProbeOutput, options: ProbeOptions): Promise<Pick<VideoInfo, 'durationS'>> {
  const endS = await measureEnd(path, options).catch((error: unknown) => {
    if (error instanceof PretextError && error.code === 'CANCELLED') throw error;
    return undefined;
  });
  const lengthS = (endS ?? 0) - Number(format?.start_time ?? 0);
  return lengthS > 0 ? { durationS: lengthS } : {};
}

/** Whether the stream that is decoded says how long it is itself. */
function saysLength({ streams = [] }: ProbeOutput): boolean {
  return readPositive(streams.find(isPicture)?.duration) !== undefined;
}

/** What ffprobe's JSON means. Throws PretextError DECODE_FAILED where there is no picture in it. */
export function readProbe({ streams = [], format }: ProbeOutput): VideoInfo {
  const stream = streams.find(isPicture);
  if (!stream) throw new PretextError('DECODE_FAILED', 'There is no video stream in the file.');
  if (!stream.width || !stream.height) throw new PretextError('DECODE_FAILED', 'The video stream has no picture size.');
  const rotation = readRotation(stream);
  const shownWidth = Math.max(1, Math.round(stream.width * (readRatio(stream.sample_aspect_ratio, ':') ?? 1)));
  const [width, height] = rotation % 180 === 0 ? [shownWidth, stream.height] : [stream.height, shownWidth];
  const durationS = readPositive(stream.duration) ?? readPositive(format?.duration);
  const fps = readRatio(stream.avg_frame_rate, '/') ?? readRatio(stream.r_frame_rate, '/');
  const traits = readTraits(stream);
  return { width, height, rotation, hasSound: streams.some(({ codec_type: type }) => type === 'audio'), ...(durationS && { durationS }), ...(fps && { fps }), ...(traits.length > 0 && { traits }) };
}

const FIELD_ORDERS: readonly (string | undefined)[] = ['tt', 'bb', 'tb', 'bt'];
/** Perceptual quantiser and hybrid log-gamma. */
const HDR_TRANSFERS: readonly (string | undefined)[] = ['smpte2084', 'arib-std-b67'];

function readTraits({ field_order: order, color_transfer: transfer, pix_fmt: format = '', tags = {} }: ProbeStream): VideoTrait[] {
  const hasAlpha = /^(yuva|gbrap|rgba|argb|abgr|bgra|ya\d)/.test(format) || Object.entries(tags).some(([name, value]) => name.toLowerCase() === 'alpha_mode' && value === '1');
  return [...(FIELD_ORDERS.includes(order) ? ['interlaced' as const] : []), ...(HDR_TRANSFERS.includes(transfer) ? ['hdr' as const] : []), ...(hasAlpha ? ['alpha' as const] : [])];
}

/** No cover and no thumbnail: the first stream of which this is true is the one that is decoded. */
function isPicture({ codec_type: type, disposition = {} }: ProbeStream): boolean {
  return type === 'video' && disposition['attached_pic'] !== 1 && disposition['timed_thumbnails'] !== 1;
}

function readRotation(stream: ProbeStream): VideoInfo['rotation'] {
  // The display matrix turns anticlockwise; the older tag says clockwise.
  const matrix = stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation;
  const degrees = matrix === undefined ? Number(stream.tags?.rotate ?? 0) : -matrix;
  const quarters = Math.round((Number.isFinite(degrees) ? degrees : 0) / 90);
  return (((quarters % 4) + 4) % 4) * 90 as VideoInfo['rotation'];
}

function readRatio(text: string | undefined, separator: string): number | undefined {
  const [over, under] = (text ?? '').split(separator);
  return readPositive(String(Number(over) / Number(under)));
}

function readPositive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
