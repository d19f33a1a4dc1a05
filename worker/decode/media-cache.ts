// Decoded media by key: bounded by bytes, least recently used out first; one decode for all who ask at once; files that
// cannot be decoded are remembered, so that they are not tried again and again.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Media } from './media.js';

export interface MediaCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly failures: number;
  readonly bytes: number;
}

export interface MediaCache {
  /** What is kept under `key`, else what `decode` resolves to. Media are shared: nobody may write to them. */
  get(key: string, decode: () => Promise<Media>): Promise<Media>;
  stats(): MediaCacheStats;
  clear(): void;
}

const bytesOf = ({ frames, sound }: Media): number => frames.dataNHWC.byteLength + (sound?.samples.byteLength ?? 0);

/** A cache of at most `maxBytes` of frames and sound. A clip larger than that passes through without being kept. */
export function createMediaCache(maxBytes: number): MediaCache {
  // A Map keeps insertion order, and an entry is inserted anew when it is used: the first one is the oldest.
  const kept = new Map<string, Media>();
  const failed = new Map<string, PretextError>();
  const underway = new Map<string, Promise<Media>>();
  let bytes = 0;
  let hits = 0;
  let misses = 0;

  function keep(key: string, media: Media): void {
    if (bytesOf(media) > maxBytes) return;
    kept.set(key, media);
    bytes += bytesOf(media);
    for (const [oldest, old] of kept) {
      if (bytes <= maxBytes) return;
      kept.delete(oldest);
      bytes -= bytesOf(old);
    }
  }

  async function decodeOnce(key: string, decode: () => Promise<Media>): Promise<Media> {
    try {
      const media = await decode();
      keep(key, media);
      return media;
    } catch (error) {
      // The file's own fault stays so; a lost connection or a cancelled decode may go well next time.
      if (error instanceof PretextError && error.code.startsWith('DECODE_')) failed.set(key, error);
      throw error;
    } finally {
      underway.delete(key);
    }
  }

  async function get(key: string, decode: () => Promise<Media>): Promise<Media> {
    const failure = failed.get(key);
    if (failure) throw failure;
    const media = kept.get(key);
    if (media) {
      hits += 1;
      kept.delete(key);
      kept.set(key, media);
      return media;
    }
    let decoding = underway.get(key);
    if (decoding) hits += 1;
    else {
      misses += 1;
      decoding = decodeOnce(key, decode);
      underway.set(key, decoding);
    }
    return decoding;
  }

  function clear(): void {
    kept.clear();
    failed.clear();
    bytes = 0;
  }

  return { get, clear, stats: () => ({ hits, misses, failures: failed.size, bytes }) };
}
