// Features of items by the frozen trunk of a checkpoint: an item a row, or a frame a row.

import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { createEncoder, spaceFrames, type Encoder } from '../../worker/evaluate/features.js';
import type { StageShape } from '../../worker/models/model.js';
import { openCheckpoint } from '../actions/open-checkpoint.js';
import { findItems } from './find-items.js';
import { loadTrunk } from './load-trunk.js';
import { openItems, type OpenedItem } from './open-items.js';

export interface EncodeOptions {
  /** The run's folder, or the file of a checkpoint. */
  readonly from: string;
  /** Other data than the run's own. */
  readonly folder?: string | undefined;
  readonly backend: string;
  /** Name of a stage, `last`, or `all`. */
  readonly stage: string;
  readonly split: Item['split'] | 'all';
  readonly per: 'item' | 'frame';
  /** Evenly spaced frames of a clip. Default: the recipe's. */
  readonly numFrames?: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((what: string) => void) | undefined;
}

export interface EncodedRow {
  readonly item: Item;
  /** Where each frame has a row: its number among those decoded, and where in the file it lies. */
  readonly frame?: { readonly number: number; readonly timeS: number };
  /** Those of all chosen stages, one after another. */
  readonly numbers: Float32Array;
}

export interface Encoded {
  readonly checkpoint: string;
  /** Of the folder that the items lie in. */
  readonly data: Recipe['data'];
  /** In the order of the listing. */
  readonly rows: readonly EncodedRow[];
  /** Whose numbers lie in a row, in their order. */
  readonly stages: readonly StageShape[];
  /** Files that gave no row, and why. */
  readonly unusable: readonly RejectedItem[];
}

/** Throws PretextError as openCheckpoint, findItems and openItems do, BAD_ARGUMENT for a stage that the trunk has not. */
export async function encodeItems(options: EncodeOptions): Promise<Encoded> {
  const { signal, onProgress, split } = options;
  const opened = await openCheckpoint(options.from);
  const { data, items, rejected } = await findItems(opened, { folder: options.folder, signal });
  const chosen = items.filter((item) => split === 'all' || item.split === split);
  if (chosen.length === 0) throw new PretextError('DATA_EMPTY', `No item of "${data.root}" is in the ${split} split.`, { hint: 'Leave --split out to take all of them.' });
  const started = await backends[await chooseBackend(options.backend)].start();
  try {
    const { trunk, stages: all } = await loadTrunk(opened);
    const stages = selectStages(options.stage, all);
    const encoder = createEncoder(trunk);
    try {
      const unusable = [...rejected];
      const rows: EncodedRow[] = [];
      const pick = (vectors: readonly Float32Array[]): Float32Array[] => vectors.filter((_, index) => stages.includes(all[index]!));
      const numFrames = options.numFrames ?? opened.recipe.evaluate.framesPerVideo;
      for await (const each of openItems(chosen, { data, signal, onProgress, onUnusable: (file) => { unusable.push(file); } })) {
        rows.push(...(options.per === 'frame' ? await encodeFrames(encoder, each, numFrames, pick) : [await encodeWhole(encoder, each, numFrames, pick)]));
      }
      return { checkpoint: opened.path, data, rows, stages, unusable };
    } finally {
      encoder.dispose();
    }
  } finally {
    await started.dispose();
  }
}

function selectStages(wanted: string, stages: readonly StageShape[]): readonly StageShape[] {
  if (wanted === 'all') return stages;
  const chosen = wanted === 'last' ? stages.at(-1) : stages.find(({ name }) => name === wanted);
  if (chosen) return [chosen];
  throw new PretextError('BAD_ARGUMENT', `--stage: expected all, last or one of ${stages.map(({ name }) => name).join(', ')}, given "${wanted}".`);
}

type Pick = (vectors: readonly Float32Array[]) => Float32Array[];

async function encodeWhole(encoder: Encoder, { item, media: { frames } }: OpenedItem, numFrames: number, pick: Pick): Promise<EncodedRow> {
  return { item, numbers: join(pick(await encoder.encode(frames, numFrames))) };
}

async function encodeFrames(encoder: Encoder, { item, media: { frames, fps }, startS }: OpenedItem, numFrames: number, pick: Pick): Promise<EncodedRow[]> {
  const vectors = pick(await encoder.encodeFrames(frames, numFrames));
  const numbers = spaceFrames(frames.numFrames, numFrames);
  return numbers.map((number, i) => ({
    item,
    frame: { number, timeS: startS + (fps === undefined ? 0 : number / fps) },
    numbers: join(vectors.map((ofStage) => ofStage.subarray((i * ofStage.length) / numbers.length, ((i + 1) * ofStage.length) / numbers.length))),
  }));
}

function join(vectors: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const vector of vectors) {
    joined.set(vector, offset);
    offset += vector.length;
  }
  return joined;
}
