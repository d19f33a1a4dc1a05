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

const bytesOf = ({ frames, sound, mask }: Media): number => frames.dataNHWC.byteLength + (sound?.samples.byteLength ?? 0) + (mask?.byteLength ?? 0);

class BoundedMediaCache implements MediaCache {
  readonly #maxBytes: number;
  // A Map keeps insertion order, and an entry is inserted anew when it is used: the first one is the oldest.
  readonly #kept = new Map<string, Media>();
  readonly #failed = new Map<string, PretextError>();
  readonly #underway = new Map<string, Promise<Media>>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async get(key: string, decode: () => Promise<Media>): Promise<Media> {
    const failure = this.#failed.get(key);
    if (failure) throw failure;
    const known = this.#useKept(key) ?? this.#underway.get(key);
    if (known) {
      this.#hits += 1;
      return known;
    }
    this.#misses += 1;
    const decoding = this.#decodeOnce(key, decode);
    this.#underway.set(key, decoding);
    return decoding;
  }

  stats(): MediaCacheStats {
    return { hits: this.#hits, misses: this.#misses, failures: this.#failed.size, bytes: this.#bytes };
  }

  clear(): void {
    this.#kept.clear();
    this.#failed.clear();
    this.#bytes = 0;
  }

  #useKept(key: string): Media | undefined {
    const media = this.#kept.get(key);
    if (media) {
      this.#kept.delete(key);
      this.#kept.set(key, media);
    }
    return media;
  }

  async #decodeOnce(key: string, decode: () => Promise<Media>): Promise<Media> {
    try {
      const media = await decode();
      this.#keep(key, media);
      return media;
    } catch (error) {
      // The file's own fault stays so; a lost connection or a cancelled decode may go well next time.
      if (error instanceof PretextError && error.code.startsWith('DECODE_')) this.#failed.set(key, error);
      throw error;
    } finally {
      this.#underway.delete(key);
    }
  }

  #keep(key: string, media: Media): void {
    if (bytesOf(media) > this.#maxBytes) return;
    this.#kept.set(key, media);
    this.#bytes += bytesOf(media);
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= bytesOf(old);
    }
  }
}

/** A cache of at most `maxBytes` of frames and sound. A clip larger than that passes through without being kept. */
export function createMediaCache(maxBytes: number): MediaCache {
  return new BoundedMediaCache(maxBytes);
}
