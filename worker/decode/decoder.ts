// Items of the manifest to frames and sound: opens, cuts, decodes, caches, all off the compute thread (ffmpeg is a process of its own,
// sharp has threads). Leaves out what is drawn from the frames.

import type { Item, MaskFile } from '../../shared/datasets/dataset.js';
import type { Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { createLimiter } from '../../shared/datasets/limiter.js';
import type { PixelChoice } from '../../shared/datasets/pictures/to-bytes.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { tryAgain } from '../../shared/datasets/try-again.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { ItemFile } from '../data/item-files.js';
import { blameFile } from './blame.js';
import { decodeClip } from './clip.js';
import type { Frames } from './frames.js';
import { decodeImage } from './image.js';
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.js';
import { decodeMask } from './mask.js';
import { createMediaCache, type MediaCacheStats } from './media-cache.js';
import type { Media } from './media.js';
import { createOpenedFiles, type OpenedFiles } from './opened-files.js';
import { countSegments, locateSegment } from './segments.js';
import { decodeSound } from './sound.js';

export interface DecoderOptions {
  /** Resolves to a path on this machine; may fetch the file. */
  readonly openItem: (file: ItemFile) => Promise<string>;
  /** Bytes of decoded frames and sound to keep. */
  readonly cacheBytes: number;
  /** Decodes at once. */
  readonly concurrency: number;
  readonly clip: { readonly fps: number; readonly segmentS: number; readonly shortSide: number };
  /** Samples a second of the sound that goes with the frames; without it no sound is decoded. */
  readonly soundHz?: number;
  /** Whether items' masks are decoded, where they have some. */
  readonly masks?: boolean;
  readonly imageShortSide: number;
  /** Default: three channels, the whole range of a picture's type. */
  readonly pixels?: PixelChoice;
  /** Needed for videos only. */
  readonly ffmpeg?: Ffmpeg;
  readonly limits?: DecodeLimits;
}

export interface Decoder {
  /**
   * Frames of one segment of an item, and its sound where there is any; shared with the cache, not to be written to. Throws PretextError DECODE_* for a file
   * that cannot be decoded (the same again when asked again), CANCELLED after `dispose`, and what `openItem` throws.
   */
  decode(item: Item, segment: number): Promise<Media>;
  /** At least 1. */
  numSegments(item: Item): number;
  stats(): MediaCacheStats;
  /** Kills what is being decoded, waits until it is gone, and forgets everything. */
  dispose(): Promise<void>;
}

interface Decoding {
  readonly item: Item;
  readonly segment: number;
  readonly files: OpenedFiles;
}

/** What decoding threw, as the file's fault only where it was there all the time. */
async function explain(error: unknown, files: OpenedFiles): Promise<unknown> {
  const blamed = blameFile(error);
  if (!(blamed instanceof PretextError) || blamed.code !== 'DECODE_FAILED' || (await files.areThere())) return blamed;
  return new PretextError('WORKER_FAILED', 'The file was removed while it was read.', { cause: error });
}

/** A decoder with a cache; the caller disposes it. */
export function createDecoder(options: DecoderOptions): Decoder {
  const { clip, limits = DEFAULT_LIMITS } = options;
  const cache = createMediaCache(options.cacheBytes);
  const limit = createLimiter(options.concurrency);
  const disposal = new AbortController();
  const underway = new Set<Promise<unknown>>();

  function decodeNow(item: Item, segment: number): Promise<Media> {
    return tryAgain(item.path, async () => {
      throwOnDisposed();
      const files = createOpenedFiles(options.openItem);
      const path = await files.open(item);
      throwOnDisposed();
      return decodeFile(path, { item, segment, files }).catch(async (error: unknown) => { throw await explain(error, files); });
    });
  }

  async function decodeFile(path: string, { item, segment, files }: Decoding): Promise<Media> {
    if (item.kind === 'image') {
      const frames = await decodeImage(path, { shortSide: options.imageShortSide, limits, ...dropUndefined({ pixels: options.pixels }) });
      return { frames, item: item.index, ...(options.masks === true && item.mask && { mask: await openMask(item, item.mask, { files, size: frames }) }) };
    }
    if (!options.ffmpeg) throw new PretextError('FFMPEG_ABSENT', 'Videos need ffmpeg, and the decoder was made without.');
    const size = item.width && item.height ? { width: item.width, height: item.height } : undefined;
    const piece = { ...locateSegment(item, segment, clip.segmentS), limits, ffmpeg: options.ffmpeg, signal: disposal.signal };
    const { fps, shortSide } = clip;
    const frames = await decodeClip(path, { ...piece, fps, shortSide, size, ...dropUndefined({ channels: options.pixels?.channels }) });
    const sound = options.soundHz === undefined ? undefined : await decodeSound(path, { ...piece, rateHz: options.soundHz });
    return { frames, item: item.index, fps, ...(sound && { sound }) };
  }

  async function openMask({ index }: Item, { path, bytes, content }: MaskFile, { files, size }: { files: OpenedFiles; size: Frames }): Promise<Uint8Array> {
    return decodeMask(await files.open({ index, path, bytes, content, part: 'mask' }), size);
  }

  function throwOnDisposed(): void {
    if (disposal.signal.aborted) throw new PretextError('CANCELLED', 'The decoder was disposed.');
  }

  function decode(item: Item, segment: number): Promise<Media> {
    const decoding = cache.get(`${item.index}/${segment}`, () => limit(() => decodeNow(item, segment)));
    underway.add(decoding);
    const forget = (): boolean => underway.delete(decoding);
    decoding.then(forget, forget);
    return decoding;
  }

  async function dispose(): Promise<void> {
    disposal.abort();
    await Promise.allSettled(underway);
    cache.clear();
  }

  return { decode, dispose, stats: () => cache.stats(), numSegments: (item) => countSegments(item, clip.segmentS) };
}
