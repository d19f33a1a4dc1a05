// Looks into the files of a dataset: whether they decode, and whether there is anything to see.

import { availableParallelism } from 'node:os';
import { realpath } from 'node:fs/promises';
import type { Item, LinkPolicy, RejectedItem } from '../../shared/datasets/dataset.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { locateFile } from '../../shared/datasets/locate-file.js';
import type { PixelChoice } from '../../shared/datasets/pictures/to-bytes.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { createDecoder, type Decoder } from '../../worker/decode/decoder.js';
import type { Frames } from '../../worker/decode/frames.js';
import { spread } from './spread.js';

export interface Looks {
  /** Items looked at; of a large set a part, evenly spread. */
  readonly numLooked: number;
  readonly unreadable: readonly RejectedItem[];
  /** Paths of pictures of one colour, and of those the black ones. */
  readonly constant: readonly string[];
  readonly black: readonly string[];
}

export interface LookOptions {
  readonly links: LinkPolicy;
  /** What of a picture a run would see. */
  readonly pixels: PixelChoice;
  readonly signal: AbortSignal;
}

const MOST = { image: 20_000, video: 200 } as const;
const SHORT_SIDE = 32;
/** In grey levels: codecs and scaling leave a little noise in what is of one colour. */
const LEAST_RANGE = 3;
const BLACK_BELOW = 20;

/** Decodes every picture small, and one frame from the middle of each video. Throws PretextError CANCELLED on abort. */
export async function lookAtItems(root: string, items: readonly Item[], { links, pixels, signal }: LookOptions): Promise<Looks> {
  const chosen = spread(items, MOST[items[0]?.kind ?? 'image']);
  const base = await realpath(root);
  const decoder = createDecoder({
    openItem: async ({ path }) => {
      const file = await locateFile(base, path, links);
      if (file === undefined) throw new PretextError('DATA_MISSING', 'The file cannot be opened.');
      return file.path;
    },
    cacheBytes: 0, concurrency: Math.max(2, availableParallelism()), imageShortSide: SHORT_SIDE, pixels,
    clip: { fps: 1, segmentS: 1, shortSide: SHORT_SIDE },
    ...dropUndefined({ ffmpeg: items.some(({ kind }) => kind === 'video') ? await locateFfmpeg() : undefined }),
  });
  try {
    const looks = await Promise.all(chosen.map(async (item) => {
      if (signal.aborted) throw new PretextError('CANCELLED', 'Looking at the data was cancelled.');
      return { item, look: await lookAt(item, decoder) };
    }));
    const pathsWhere = (isIt: (range: Range) => boolean): string[] => looks.flatMap(({ item, look }) => ('width' in look && isIt(look) ? [item.path] : []));
    return {
      numLooked: chosen.length,
      unreadable: looks.flatMap(({ look }) => ('reason' in look ? [look] : [])),
      constant: pathsWhere(isConstant),
      black: pathsWhere((range) => isConstant(range) && range.most < BLACK_BELOW),
    };
  } finally {
    await decoder.dispose();
  }
}

/** Of the numbers of a picture. */
interface Range {
  /** Of the channel that varies most. */
  readonly width: number;
  /** Of all channels. */
  readonly most: number;
}

const isConstant = ({ width }: Range): boolean => width < LEAST_RANGE;

async function lookAt(item: Item, decoder: Decoder): Promise<Range | RejectedItem> {
  try {
    const { frames } = await decoder.decode(item, Math.floor(decoder.numSegments(item) / 2));
    return measureRange(frames);
  } catch (error) {
    return { path: item.path, code: error instanceof PretextError ? error.code : 'DECODE_FAILED', reason: messageOf(error) };
  }
}

function measureRange({ dataNHWC, numFrames, height, width }: Frames): Range {
  const channels = dataNHWC.length / (numFrames * height * width);
  const least = new Array<number>(channels).fill(Infinity);
  const most = new Array<number>(channels).fill(-Infinity);
  dataNHWC.forEach((value, i) => {
    const c = i % channels;
    if (value < least[c]!) least[c] = value;
    if (value > most[c]!) most[c] = value;
  });
  return { width: Math.max(...most.map((value, c) => value - least[c]!)), most: Math.max(...most) };
}
