// How often values occur in the pictures of a set, by the type of their numbers and by channel: every picture is read once.

import { PretextError } from '../../errors/pretext-error.js';
import { createLimiter } from '../limiter.js';
import { tryAgain } from '../try-again.js';
import { createHistogram, type Histogram } from './histogram.js';
import { openPicture } from './open-picture.js';
import type { Limits, Raster, SampleType } from './raster.js';
import { bandsOf, type Channels } from './to-bytes.js';

export interface SurveyOptions {
  readonly channels: Channels;
  /** True: values count as they are in the file, even where it says itself what is black and white. */
  readonly isRaw: boolean;
  /** False for a type that need not be read. */
  readonly isWanted: (type: SampleType) => boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ValueSurvey {
  /** One for each channel of a list; one for all channels of `rgb` and `grey`, whose balance must stay. */
  readonly histograms: ReadonlyMap<SampleType, readonly Histogram[]>;
  /** Likewise, of pictures that say themselves what is black and white: bytes of 0 to 255 between. Empty where values count as they are. */
  readonly own: readonly Histogram[];
  readonly numRead: number;
}

const AT_ONCE = 4;

const byteOf = (value: number, [black, white]: Limits): number => Math.round(Math.min(Math.max((value - black) / (white - black), 0), 1) * 255);

/**
 * Counts the numbers of pictures. A picture that cannot be read counts for nothing: it is named when it is decoded. Throws PretextError
 * WORKER_FAILED where it is the machine that fails, for what is found must not depend on that; CANCELLED on abort.
 */
export async function surveyPictures(paths: readonly string[], { channels, isRaw, isWanted, signal }: SurveyOptions): Promise<ValueSurvey> {
  const isList = typeof channels !== 'string';
  const create = (type: SampleType): Histogram[] => Array.from({ length: isList ? channels.length : 1 }, () => createHistogram(type));
  const histograms = new Map<SampleType, Histogram[]>();
  const own = create('uint8');
  let [numRead, isOver] = [0, false];

  function count(raster: Raster): void {
    const { samplesHWS, width, height, type, noData } = raster;
    const limits = isRaw ? undefined : raster.limits;
    const bands = bandsOf(channels, raster.bands);
    if (!limits && !histograms.has(type)) histograms.set(type, create(type));
    const targets = limits ? own : histograms.get(type)!;
    const perPixel = samplesHWS.length / (width * height);
    // Grey three times counts once.
    (isList ? bands : [...new Set(bands)]).forEach((band, channel) => {
      const target = targets[isList ? channel : 0]!;
      for (let i = band; i < samplesHWS.length; i += perPixel) {
        const value = samplesHWS[i]!;
        if (value === noData) continue;
        target.add(limits ? byteOf(value, limits) : value);
      }
    });
  }

  async function read(path: string): Promise<void> {
    if (isOver || signal?.aborted) return;
    const rasters = await tryAgain(path, () => readWanted(path, isWanted));
    if (rasters === undefined) return;
    for (const raster of rasters) count(raster);
    numRead += 1;
  }

  function throwOnMachine(error: unknown): void {
    if (!(error instanceof PretextError) || error.code !== 'WORKER_FAILED') return;
    isOver = true;
    throw error;
  }

  const limit = createLimiter(AT_ONCE);
  await Promise.all(paths.map((path) => limit(() => read(path).catch(throwOnMachine))));
  if (signal?.aborted) throw new PretextError('CANCELLED', 'Reading the pictures was cancelled.');
  return { histograms, own, numRead };
}

async function readWanted(path: string, isWanted: SurveyOptions['isWanted']): Promise<readonly Raster[] | undefined> {
  const picture = await openPicture(path);
  return isWanted(picture.type) ? picture.readRasters() : undefined;
}
