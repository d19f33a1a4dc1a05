// A quick look at a checkpoint while a run goes on: is the task solved on items that are not trained on as on those that are, do features
// still spread, which parts have gradients, do neighbours share a class. Reads few items, each once; trains nothing.

import type { Look } from '../../shared/learning.js';
import { initValues } from '../../shared/state/init.js';
import { playerOf } from '../../shared/state/spec.js';
import { createArrays } from '../augment/arrays.js';
import { fillSlot } from '../augment/prepare-samples.js';
import { createTrainer } from '../compute/trainer.js';
import type { TrainerParts } from '../compute/build-parts.js';
import { createRandom } from '../../shared/random/random.js';
import type { Media } from '../decode/media.js';
import { measureSpread } from './embedding.js';
import type { Evaluated, EvaluationItem, EvaluationOptions } from './evaluate.js';
import { splitByClass, stackRows, type Labelled } from './feature-set.js';
import { createEncoder } from './features.js';
import { scoreKnn } from './knn.js';
import { labelMedia } from './labelled-media.js';
import { createPretextMeter } from './pretext.js';

export interface LookOptions extends EvaluationOptions {
  /** Steps that led to the values. */
  readonly step: number;
}

interface Seen extends Labelled {
  readonly after: readonly Float32Array[];
  readonly before: readonly Float32Array[];
}

/** Leaves no tensor behind. */
export async function look({ parts, values }: Evaluated, items: AsyncIterable<EvaluationItem>, options: LookOptions): Promise<Look> {
  const { model, modelOptions, layout, sizes: { side, pixels, classes } } = parts;
  const meters = { test: createPretextMeter(parts, values, options), train: createPretextMeter(parts, values, options) };
  const encoderOf = (each: Float32Array) => createEncoder({ model, modelOptions, layout, values: each, side, pixels });
  const [encoder, untrained] = [encoderOf(values), encoderOf(initValues(layout, options.seed))];
  const microbatch = createMicrobatch(parts, options.seed);
  try {
    const seen: Seen[] = [];
    for await (const { media, ...item } of items) {
      const shown = item.hidden ? { ...media, mask: undefined } : labelMedia(media, item.label, classes);
      if (item.hidden !== 'item') await meters[item.split].add(shown);
      if (item.hidden !== 'item' && item.split === 'train') microbatch.add(shown);
      seen.push({ ...item, after: await encoder.encode(media.frames, options.framesPerItem), before: await untrained.encode(media.frames, options.framesPerItem) });
    }
    const knn = scoreNeighbours(seen);
    return {
      numItems: seen.length,
      held: await meters.test.score(), trained: await meters.train.score(),
      spread: measureSpread(seen.map(({ after }) => after.at(-1)!)), spreadUntrained: measureSpread(seen.map(({ before }) => before.at(-1)!)),
      gradient: await microbatch.measureGradient(values, options.step),
      ...(knn && { knn }),
    };
  } finally {
    for (const owner of [meters.test, meters.train, encoder, untrained]) owner.dispose();
  }
}

function scoreNeighbours(seen: readonly Seen[]): Look['knn'] {
  const { classes, train, test } = splitByClass(seen);
  if (classes.length < 2 || test.length === 0) return undefined;
  const best = (trunk: 'after' | 'before'): number => Math.max(...train[0]![trunk].map((_, stage) => {
    const [known, asked] = [train, test].map((rows) => stackRows(rows, classes, (row) => row[trunk][stage]!));
    return scoreKnn(known!, asked!, classes.length);
  }));
  return { trained: best('after'), untrained: best('before') };
}

/** A microbatch of puzzles, and the gradient of it. */
function createMicrobatch(parts: TrainerParts, seed: number) {
  const { puzzle, layout, sizes: { microbatchSize } } = parts;
  const { arrays, weights } = createArrays(puzzle, microbatchSize);
  let next = 0;
  return {
    add(media: Media): void {
      if (next === microbatchSize) return;
      const random = createRandom({ seed, epoch: 0, sample: media.item, purpose: 'look' });
      if (fillSlot(puzzle, { arrays, weights }, next, { media, random })) next += 1;
    },
    /** As the step after `step` would see it. */
    async measureGradient(values: Float32Array, step: number): Promise<Record<string, number>> {
      // A row of a bank belongs to an item of the run's order, which is not known here.
      if (next === 0 || layout.entries.some(({ kind }) => kind === 'bank')) return {};
      const trainer = createTrainer(parts);
      try {
        const state = new Float32Array(layout.stateLength);
        state.set(values);
        trainer.load(state);
        const gradient = new Float32Array(layout.gradientLength);
        const { weights: players } = await trainer.computeGradient({ step: Math.min(step + 1, parts.steps), microbatch: 0, arrays, weights }, gradient);
        return normsOf(parts, gradient, players);
      } finally {
        trainer.dispose();
      }
    },
  };
}

/** Groups: each stage of the trunk, and the head. Each array's gradient is divided by its player's weight, as in a step. */
function normsOf({ layout }: TrainerParts, gradient: Float32Array, weights: Readonly<Record<string, number>>): Record<string, number> {
  const squares: Record<string, number> = {};
  for (const entry of layout.entries) {
    if (entry.kind !== 'trained') continue;
    const { name, travelOffset, travelLength } = entry;
    const weight = weights[playerOf(entry)] ?? 0;
    const parts = name.split('/');
    const group = parts.slice(0, parts[0] === 'trunk' ? 2 : 1).join('/');
    squares[group] = gradient.subarray(travelOffset, travelOffset + travelLength).reduce((sum, value) => sum + (weight > 0 ? value / weight : 0) ** 2, squares[group] ?? 0);
  }
  return Object.fromEntries(Object.entries(squares).map(([group, sum]) => [group, Math.sqrt(sum)]));
}
