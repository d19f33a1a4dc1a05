// From a lease to a prepared batch: open, decode, draw the puzzles. What cannot be decoded is named and gets weight 0.

import type { Logger } from 'pino';
import type { Credentials } from '../../shared/client/credentials.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import type { LeasedMicrobatch, LeasedSample, Unusable } from '../../shared/protocol/messages.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { createPreparer, type PreparedBatch } from '../augment/pool.js';
import type { SampleSource } from '../augment/prepare-samples.js';
import { bindRecipe } from '../bind-recipe.js';
import type { Media } from '../decode/media.js';
import { decodeSample } from './decode-sample.js';
import { createFetchedFiles, createLocalFiles, type ItemFile, type ItemFiles } from './item-files.js';
import type { LeasedBatch } from './leased-batch.js';
import { openDecoder } from './open-decoder.js';
import type { Resources } from './resources.js';

export interface DataSourceOptions {
  /** Of the coordinator that what is not in `root` comes from. Without one that is missing. */
  readonly url?: URL;
  /** Stage of the run whose items they are. */
  readonly stage: number;
  /** Items that are trained on. */
  readonly numInstances: number;
  readonly credentials?: Credentials;
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

interface Opener {
  /** Resolves to a path. */
  open(item: ItemFile): Promise<string>;
  dispose(): Promise<void>;
}

/** Opens files of the worker's own folder; what is missing there or has other contents comes from the coordinator. */
function createOpener({ data: { root, links } }: Recipe, options: DataSourceOptions): Opener {
  const { url, stage, credentials, cache: folder, resources: { fileCacheBytes: maxBytes, fileCacheFolderBytes: folderBytes, decodes: inUse } } = options;
  if (url === undefined) return createLocalFiles(options.root ?? root, { links });
  let fetched: Promise<ItemFiles> | undefined;
  const fetchItem = async (item: ItemFile): Promise<string> => {
    fetched ??= createFetchedFiles({ url, stage, dataset: root, maxBytes, inUse, ...credentials, ...dropUndefined({ folder, folderBytes }) });
    return (await fetched).open(item);
  };
  return {
    open: options.root === undefined ? fetchItem : createLocalFiles(options.root, { links, openElsewhere: fetchItem }).open,
    dispose: async () => void (await (await fetched)?.dispose()),
  };
}

/** Why the slots that had media made no puzzle. */
function nameUndrawn(task: string, samples: readonly LeasedSample[], { unusable, failures }: PreparedBatch): Unusable[] {
  const reasons = new Map(failures.map(({ slot, reason }) => [slot, reason]));
  return unusable.map((slot) => {
    const reason = reasons.get(slot);
    return reason === undefined
      ? describe(samples[slot]!, 'NO_PUZZLE', `no ${task} puzzle can be made of it: too short, too small, still or silent`)
      : describe(samples[slot]!, 'DRAW_FAILED', `${task} cannot be drawn from it: ${reason}`);
  });
}

function describe({ position, item, path }: LeasedSample, code: string, reason: string): Unusable {
  return { position, item, path, code, reason: reason.slice(0, MAX_REASON_LENGTH) };
}

/** The worker's data for a recipe; dispose it. */
export async function createDataSource(recipe: Recipe, options: DataSourceOptions): Promise<DataSource> {
  const { sizes, puzzle } = bindRecipe(recipe, options.numInstances);
  const task = nameTasks(recipe);
  const numPositions = recipe.steps * sizes.samplesPerStep;
  const opener = createOpener(recipe, options);
  const { resources, log } = options;
  const decoder = await openDecoder(recipe.data, {
    openItem: opener.open, soundHz: puzzle.needs.soundHz, masks: puzzle.needs.mask, cacheBytes: resources.frameCacheBytes, concurrency: resources.decodes,
    onWarning: (ffmpeg, warning) => log.warn({ ffmpeg }, warning),
  });
  const preparer = createPreparer({
    choice: { learning: recipe, sizes },
    threads: options.resources.augmentThreads, maxQueue: 2 * recipe.batch.microbatches + 2,
  });

  /** The media of a sample, or why there are none. */
  async function decode(sample: LeasedSample): Promise<Media | Unusable> {
    try {
      return await decodeSample(decoder, sample, recipe.seed);
    } catch (error) {
      const code = error instanceof PretextError ? error.code : 'WORKER_FAILED';
      if (!UNUSABLE_CODES.has(code)) throw error;
      return describe(sample, code, messageOf(error));
    }
  }

  async function prepare({ samples, excluded }: LeasedMicrobatch): Promise<LeasedBatch> {
    const decoded = await Promise.all(samples.map(async (sample) =>
      (excluded.includes(sample.position) ? describe(sample, 'EXCLUDED', 'unusable when the step was computed before') : decode(sample))));
    const sources = decoded.map((each, slot): SampleSource => {
      const { epoch, sample, position, label, labels } = samples[slot]!;
      return 'code' in each ? null : { media: { ...each, progress: position / numPositions, ...dropUndefined({ label, labels }) }, epoch, sample, turn: puzzle.turnOf?.(position) };
    });
    const batch = await preparer.prepare(sources, recipe.seed);
    const unusable = [...decoded.filter((each) => 'code' in each), ...nameUndrawn(task, samples, batch)];
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
      await opener.dispose();
    },
  };
}
