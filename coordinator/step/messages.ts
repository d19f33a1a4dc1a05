// What a step's decisions look like on the wire and in the journal: the lease of microbatches with what is known of their samples, and the
// entry of a commit. Pure.

import type { Message } from '../../shared/protocol/messages.js';
import type { CommitEntry } from '../journal/entries.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import { digestOfStep } from '../plan/plan-digest.js';
import type { StepRecord, StepTotals } from './record.js';
import type { Holding } from './state.js';

/** What earlier runs of steps that were rolled back found to be unusable, by step. */
export type KnownUnusable = ReadonlyMap<number, CommitEntry['unusable']>;

export interface StepFacts {
  readonly plan: EpochPlan;
  readonly microbatches: number;
  readonly known: KnownUnusable;
}

/** The lease of what a worker is given; samples that an earlier result, or an earlier run of the step, could not use are excluded. */
export function describeLease({ plan, known }: StepFacts, { step, microbatches }: Holding, record: StepRecord | undefined): Message<'lease'> {
  const earlier = known.get(step)?.map(({ position }) => position) ?? [];
  return {
    type: 'lease',
    step,
    microbatches: microbatches.map((index) => {
      const samples = [...plan.microbatch(step, index)];
      const current = record?.step === step ? record.unusableOf(index) : [];
      const excluded = samples.map(({ position }) => position).filter((position) => earlier.includes(position) || current.includes(position));
      return { index, samples, excluded };
    }),
  };
}

/** What the journal says of a step that is committed. */
export function describeCommit({ plan, microbatches, known }: StepFacts, step: number, totals: StepTotals): CommitEntry {
  const { weights, loss, terms, metrics, gradient, unusable } = totals;
  return {
    type: 'commit',
    step,
    first: plan.firstPosition(step),
    count: plan.samplesPerStep,
    samples: digestOfStep(plan, step, microbatches),
    weights, loss, terms, metrics, gradient,
    unusable: unusable.map(({ position, path, code, reason }) =>
      // A step that is run again is told what to leave out; why was found out the first time.
      known.get(step)?.find((each) => each.position === position) ?? { position, path, code, reason }),
  };
}
