// What the contents of a folder say of which tasks fit: thumbnails of some items, and a few numbers of each. The statistics are pure.
// Shape letters: H, W, C of a thumbnail.

import { availableParallelism } from 'node:os';
import type { Item } from '../../shared/datasets/dataset.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { openDecoder } from '../../worker/data/open-decoder.js';
import { countChannels, type Frames } from '../../worker/decode/frames.js';
import { spread } from './spread.js';
import { toThumbnail, type Thumbnail } from './thumbnails.js';

/** Some items, by what is in them. */
export interface Contents {
  /** Items that were decoded, of those that were tried. */
  readonly numSeen: number;
  readonly numTried: number;
  readonly thumbnails: readonly Thumbnail[];
  /** Of each video: mean difference of a pixel from frame to frame, in grey levels. */
  readonly motion: readonly number[];
}

const MOST = { image: 1000, video: 60 } as const;
const SHORT_SIDE = 32;
const MOTION_FPS = 4;
const MOTION_S = 4;

/** Decodes some items small, evenly spread. Throws PretextError CANCELLED on abort. */
export async function measureItems(items: readonly Item[], { data }: Recipe, signal: AbortSignal): Promise<Contents> {
  const kind = items[0]?.kind ?? 'image';
  const chosen = spread(items, MOST[kind]);
  const files = createLocalFiles(data.root, { links: data.links });
  const small = { ...data, fps: MOTION_FPS, segmentS: MOTION_S, shortSide: SHORT_SIDE };
  const decoder = await openDecoder(small, { openItem: (item) => files.open(item), soundHz: undefined, cacheBytes: 0, concurrency: Math.max(2, availableParallelism()) });
  try {
    const all = await Promise.all(chosen.map(async (item) => {
      const frames = await decoder.decode(item, Math.floor(decoder.numSegments(item) / 2)).then((media) => media.frames, () => undefined);
      // All were asked for at once: only who waits sees the signal.
      if (signal.aborted) throw new PretextError('CANCELLED', 'Looking at the data was cancelled.');
      return frames;
    }));
    const seen = all.filter((frames) => frames !== undefined);
    return {
      numTried: chosen.length, numSeen: seen.length,
      thumbnails: seen.map(toThumbnail),
      motion: kind === 'video' ? seen.map(measureMotion) : [],
    };
  } finally {
    await decoder.dispose();
    await files.dispose();
  }
}

function measureMotion(frames: Frames): number {
  const { dataNHWC, numFrames, height, width } = frames;
  const length = height * width * countChannels(frames);
  if (numFrames < 2) return 0;
  let sum = 0;
  for (let i = length; i < dataNHWC.length; i++) sum += Math.abs(dataNHWC[i]! - dataNHWC[i - length]!);
  return sum / (dataNHWC.length - length);
}
