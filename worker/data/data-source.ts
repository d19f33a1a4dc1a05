// From a lease to a prepared batch: open, decode, draw the puzzles. What cannot be decoded is named and gets weight 0.

import type { Logger } from 'pino';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import type { Item } from '../../shared/datasets/dataset.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import type { LeasedMicrobatch, LeasedSample, Unusable } from '../../shared/protocol/messages.js';
import { createRandom } from '../../shared/random/random.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createPreparer } from '../augment/pool.js';
import type { SampleSource } from '../augment/prepare-samples.js';
import { bindRecipe } from '../bind-recipe.js';
import { createDecoder } from '../decode/decoder.js';
import type { Media } from '../decode/media.js';
import { pixelChoiceOf } from '../pixels.js';
import type { TaskName } from '../tasks/puzzles.js';
import { createFetchedFiles, createLocalFiles, type ItemFile, type ItemFiles } from './item-files.js';
import type { LeasedBatch } from './leased-batch.js';
import type { Resources } from './resources.js';

export interface DataSourceOptions {
  readonly url: URL;
  /** Stage of the run whose items they are. */
  readonly stage: number;
  /** Items that are trained on. */
  readonly numInstances: number;
  readonly token?: string;
  readonly root?: string;
  readonly cache?: string;
  readonly resources: Resources;
  readonly log: Logger;
}

export interface DataSource {
  /** Throws what no other sample would cure: files out of reach, no ffmpeg. */
  prepare(lease: LeasedMicrobatch): Promise<LeasedBatch>;
  dispose(): Promise<void>;
}

/** Reasons to give up a sample; anything else is a matter of the worker. */
const UNUSABLE_CODES: ReadonlySet<string> = new Set(['DECODE_FAILED', 'DECODE_TIMEOUT', 'DECODE_LIMIT', 'DATA_CHANGED', 'DATA_MISSING']);
const MAX_REASON_LENGTH = 2000;

function toItem({ item, path, kind, bytes, content, durationS, width, height }: LeasedSample): Item {
  return {
    index: item, path, kind, bytes, split: 'train',
    ...dropUndefined({ content, durationS, width, height }),
  };
}

/** The worker's data for a recipe; dispose it. */
export async function createDataSource(recipe: Recipe, options: DataSourceOptions): Promise<DataSource> {
  const { sizes, puzzle } = bindRecipe(recipe, options.numInstances);
  const { resources } = options;
  const ffmpeg = recipe.data.source === 'video-folder' ? await locateFfmpeg() : undefined;
  if (ffmpeg?.warning !== undefined) options.log.warn({ ffmpeg: ffmpeg.ffmpeg }, ffmpeg.warning);
  let fetched: Promise<ItemFiles> | undefined;
  const fetchItem = async (item: ItemFile): Promise<string> => {
    fetched ??= createFetchedFiles({ url: options.url, stage: options.stage, dataset: recipe.data.root, maxBytes: resources.fileCacheBytes, inUse: resources.decodes, ...dropUndefined({ token: options.token, folder: options.cache }) });
    return (await fetched).open(item);
  };
  const openItem = options.root === undefined ? fetchItem : createLocalFiles(options.root, { links: recipe.data.links, openElsewhere: fetchItem }).open;
  const { fps, segmentS, shortSide } = recipe.data;
  const decoder = createDecoder({
    openItem,
    cacheBytes: resources.frameCacheBytes,
    concurrency: resources.decodes,
    clip: { fps, segmentS, shortSide },
    imageShortSide: shortSide,
    pixels: pixelChoiceOf(recipe.data),
    ...dropUndefined({ ffmpeg, soundHz: puzzle.needs.soundHz }),
  });
  const preparer = createPreparer({
    choice: { task: recipe.task.name as TaskName, options: recipe.task.options, sizes },
    threads: resources.augmentThreads, maxQueue: 2 * recipe.batch.microbatches + 2,
  });

  async function decode(sample: LeasedSample, unusable: Unusable[]): Promise<Media | undefined> {
    const { position, epoch, path } = sample;
    const item = toItem(sample);
    const segments = decoder.numSegments(item);
    const segment = createRandom({ seed: recipe.seed, epoch, sample: sample.sample, purpose: 'segment' }).int(segments);
    try {
      return await decoder.decode(item, segment);
    } catch (error) {
      const code = error instanceof PretextError ? error.code : 'WORKER_FAILED';
      if (!UNUSABLE_CODES.has(code)) throw error;
      unusable.push({ position, item: item.index, path, code, reason: messageOf(error).slice(0, MAX_REASON_LENGTH) });
      return undefined;
    }
  }

  async function prepare({ samples, excluded }: LeasedMicrobatch): Promise<LeasedBatch> {
    const unusable: Unusable[] = [];
    const name = (sample: LeasedSample, code: string, reason: string): void => {
      unusable.push({ position: sample.position, item: sample.item, path: sample.path, code, reason });
    };
    const ready = await Promise.all(samples.map(async (sample): Promise<SampleSource> => {
      if (excluded.includes(sample.position)) {
        name(sample, 'EXCLUDED', 'unusable when the step was computed before');
        return null;
      }
      const media = await decode(sample, unusable);
      return media ? { media, epoch: sample.epoch, sample: sample.sample } : null;
    }));
    const batch = await preparer.prepare(ready, recipe.seed);
    const failures = new Map(batch.failures.map(({ slot, reason }) => [slot, reason]));
    for (const slot of batch.unusable) {
      const failure = failures.get(slot);
      if (failure === undefined) name(samples[slot]!, 'NO_PUZZLE', `no ${recipe.task.name} puzzle can be made of it: too short, too small, still or silent`);
      else name(samples[slot]!, 'DRAW_FAILED', `${recipe.task.name} cannot be drawn from it: ${failure}`.slice(0, MAX_REASON_LENGTH));
    }
    return {
      arrays: batch.arrays, weights: batch.weights,
      instances: Int32Array.from(samples, ({ instance }) => instance),
      unusable: unusable.sort((a, b) => a.position - b.position),
      samples: samples.map(({ path }) => path),
      release: () => preparer.release(batch),
    };
  }

  return {
    prepare,
    async dispose() {
      await decoder.dispose();
      await preparer.dispose();
      await (await fetched)?.dispose();
    },
  };
}
