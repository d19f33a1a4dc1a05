// Steps over a few made-up items as the plan gives them, shared by any number of replicas: for tests of what a state becomes.

import { createEpochPlan } from '../../coordinator/plan/epoch-plan.js';
import type { LayoutEntry } from '../../shared/state/layout.js';
import { createTreeSum } from '../../shared/tensors/tree-sum.js';
import { createArrays } from '../../worker/augment/arrays.js';
import { prepareSamples } from '../../worker/augment/prepare-samples.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import type { MicrobatchInput } from '../../worker/compute/forward.js';
import type { MicrobatchResult, Trainer } from '../../worker/compute/trainer.js';
import { createMedia } from './media.js';

export interface PlannedOptions {
  readonly numItems: number;
  /** An item that cannot be decoded. */
  readonly lostItem?: number;
}

export interface PlannedSteps {
  readonly microbatches: number;
  /** A microbatch as a worker draws it that was leased what the plan says. */
  inputOf(step: number, microbatch: number): MicrobatchInput & { readonly instances: Int32Array };
  /** One step on the replicas; microbatches go round them in the order given (default: the last first), and are summed as they arrive. */
  take(replicas: readonly Trainer[], step: number, order?: readonly number[]): Promise<void>;
}

export function planSteps(parts: TrainerParts, { numItems, lostItem }: PlannedOptions): PlannedSteps {
  const { seed, puzzle, sizes: { side, microbatchSize, samplesPerStep } } = parts;
  const microbatches = samplesPerStep / microbatchSize;
  const items = Array.from({ length: numItems }, (_, index) => ({ index, path: String(index), kind: 'image', bytes: 1, split: 'train' }) as const);
  const plan = createEpochPlan(items, { seed, microbatches, microbatchSize, clipsPerVideo: 1 });

  const inputOf: PlannedSteps['inputOf'] = (step, microbatch) => {
    const drawn = createArrays(puzzle, microbatchSize);
    const leased = plan.microbatch(step, microbatch);
    const samples = leased.map(({ item, epoch, sample, position }) => item === lostItem ? null
      : { media: createMedia(item, { side: side + 4, puzzle }), epoch, sample, turn: puzzle.turnOf?.(position) });
    prepareSamples(puzzle, { ...drawn, firstSlot: 0, samples, seed });
    return { step, microbatch, ...drawn, instances: Int32Array.from(leased, ({ instance }) => instance) };
  };

  return {
    microbatches, inputOf,
    async take(replicas, step, order = Array.from({ length: microbatches }, (_, index) => microbatches - 1 - index)) {
      const tree = createTreeSum(microbatches);
      const weights: Record<string, number> = {};
      for (const [turn, index] of order.entries()) {
        const computed = await vectorOf(parts, replicas[turn % replicas.length]!, inputOf(step, index));
        for (const [name, weight] of Object.entries(computed.weights)) weights[name] = (weights[name] ?? 0) + weight;
        tree.insert({ level: 0, index }, computed.vector);
      }
      for (const replica of replicas) replica.update({ step, gradientSum: tree.root()!, weights });
    },
  };
}

/** What a microbatch sends, and its weights. */
export async function vectorOf({ layout }: TrainerParts, trainer: Trainer, input: MicrobatchInput): Promise<{ vector: Float32Array; weights: MicrobatchResult['weights'] }> {
  const vector = new Float32Array(layout.gradientLength);
  const { weights, isFinite } = await trainer.computeGradient(input, vector);
  if (!isFinite) throw new Error('not finite');
  return { vector, weights };
}

export async function stateOf({ layout }: TrainerParts, trainer: Trainer): Promise<Float32Array> {
  const state = new Float32Array(layout.stateLength);
  await trainer.save(state);
  return state;
}

export const entryOf = ({ layout }: TrainerParts, name: string): LayoutEntry => layout.entries.find((entry) => entry.name === name)!;

/** A copy of an array's values in a flat state. */
export function valuesOf(parts: TrainerParts, state: Float32Array, name: string): Float32Array {
  const { offset, length } = entryOf(parts, name);
  return state.slice(offset, offset + length);
}
