// A step of a run computed by one process: its samples prepared, each microbatch's gradient, their sum along the tree, its hash. What a
// coordinator and its workers do together, with the same parts.

import type { CommitEntry } from '../../coordinator/journal/entries.js';
import type { EpochPlan } from '../../coordinator/plan/epoch-plan.js';
import { createStepRecord, type StepTotals } from '../../coordinator/step/record.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { LeasedSample } from '../../shared/protocol/messages.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { MicrobatchInput } from '../../worker/compute/forward.js';
import type { MicrobatchResult, Trainer } from '../../worker/compute/trainer.js';
import type { DataSource } from '../../worker/data/data-source.js';
import type { LeasedBatch } from '../../worker/data/leased-batch.js';

export interface StepParts {
  readonly recipe: Recipe;
  readonly plan: EpochPlan;
  readonly source: DataSource;
  /** Holds the state before the step. */
  readonly trainer: Trainer;
  readonly gradientLength: number;
  readonly signal: AbortSignal;
}

export interface ComputedMicrobatch {
  readonly input: MicrobatchInput;
  readonly samples: readonly LeasedSample[];
  readonly unusable: CommitEntry['unusable'];
  readonly result: MicrobatchResult;
  /** What travels; its numbers are the sum's when the callback is over. */
  readonly gradient: Float32Array;
}

export interface ComputedStep extends StepTotals {
  /** What travelled, summed. */
  readonly sum: Float32Array;
}

/** Who computed it, for a record that asks. */
const SELF = 'replay';

/** `known`: samples of the step that do not count, as the journal has it. Throws PretextError CANCELLED, and what data sources throw. */
export async function computeStep(
  { recipe: { batch: { microbatches } }, plan, source, trainer, gradientLength, signal }: StepParts,
  { step, known }: { readonly step: number; readonly known: CommitEntry['unusable'] },
  onMicrobatch: (computed: ComputedMicrobatch) => Promise<void> = () => Promise.resolve(),
): Promise<ComputedStep> {
  const sum = new Float32Array(gradientLength);
  const record = createStepRecord({ step, microbatches, reducer: 'treeSum', sum, chunkLength: gradientLength, onReduced: () => {} });
  const prepare = (microbatch: number): Promise<LeasedBatch> => {
    const prepared = source.prepare({ index: microbatch, samples: [...plan.microbatch(step, microbatch)], excluded: known.map(({ position }) => position) });
    // Whoever waits for it is told; one that nobody waits for any more must not end the process.
    prepared.catch(() => {});
    return prepared;
  };
  let next = prepare(0);
  for (let microbatch = 0; microbatch < microbatches; microbatch++) {
    const { arrays, weights, instances, unusable, release } = await next;
    if (signal.aborted) throw new PretextError('CANCELLED', `Stopped in step ${step}.`);
    if (microbatch + 1 < microbatches) next = prepare(microbatch + 1);
    const input = { step, microbatch, arrays, weights, instances };
    const gradient = new Float32Array(gradientLength);
    const result = await trainer.computeGradient(input, gradient);
    const named = unusable.map((each) => known.find(({ position }) => position === each.position) ?? each);
    await onMicrobatch({ input, samples: plan.microbatch(step, microbatch), unusable: named, result, gradient });
    release();
    const { terms, metrics } = result;
    record.addComputed({ type: 'computed', step, microbatch, weights: result.weights, terms: { ...terms }, metrics: { ...metrics }, unusable: [...unusable], ms: 0 }, SELF);
    record.addPartial({ type: 'partial', step, level: 0, index: microbatch, offset: 0, total: gradientLength }, gradient, SELF);
  }
  return { ...record.totals(), sum };
}
