// Decoded clips by key: bounded by bytes, least recently used out first; one decode for all who ask at once; files that
// cannot be decoded are remembered, so that they are not tried again and again.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Frames } from './frames.js';

export interface FramesCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly failures: number;
  readonly bytes: number;
}

export interface FramesCache {
  /** What is kept under `key`, else what `decode` resolves to. Frames are shared: nobody may write to them. */
  get(key: string, decode: () => Promise<Frames>): Promise<Frames>;
  stats(): FramesCacheStats;
  clear(): void;
}

/** A cache of at most `maxBytes` of frames. A clip larger than that passes through without being kept. */
export function createFramesCache(maxBytes: number): FramesCache {
  // A Map keeps insertion order, and an entry is inserted anew when it is used: the first one is the oldest.
  const kept = new Map<string, Frames>();
  const failed = new Map<string, PretextError>();
  const underway = new Map<string, Promise<Frames>>();
  let bytes = 0;
  let hits = 0;
  let misses = 0;

  function keep(key: string, frames: Frames): void {
    if (frames.dataNHWC.length > maxBytes) return;
    kept.set(key, frames);
    bytes += frames.dataNHWC.length;
    for (const [oldest, { dataNHWC }] of kept) {
      if (bytes <= maxBytes) return;
      kept.delete(oldest);
      bytes -= dataNHWC.length;
    }
  }

  async function decodeOnce(key: string, decode: () => Promise<Frames>): Promise<Frames> {
    try {
      const frames = await decode();
      keep(key, frames);
      return frames;
    } catch (error) {
      // The file's own fault stays so; a lost connection or a cancelled decode may go well next time.
      if (error instanceof PretextError && error.code.startsWith('DECODE_')) failed.set(key, error);
      throw error;
    } finally {
      underway.delete(key);
    }
  }

  async function get(key: string, decode: () => Promise<Frames>): Promise<Frames> {
    const failure = failed.get(key);
    if (failure) throw failure;
    const frames = kept.get(key);
    if (frames) {
      hits += 1;
      kept.delete(key);
      kept.set(key, frames);
      return frames;
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
