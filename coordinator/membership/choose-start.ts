// Where a run starts or goes on when no worker is in step: the truth is the highest step that somebody's state has. Pure.

export interface StartFacts {
  /** Last step that the journal says is committed. */
  readonly committed: number;
  /** Newest checkpoint, if any. */
  readonly checkpoint: number | undefined;
  /** The state of step 0 is a checkpoint, which the seed alone does not give. */
  readonly hasInit: boolean;
  /** Steps of the states that connected workers hold. */
  readonly held: readonly number[];
  readonly numWorkers: number;
  /** Until when workers that were here may come back with a newer state. */
  readonly graceUntilMs: number;
}

export type StartDecision =
  | { readonly action: 'wait'; readonly reason: string; readonly untilMs?: number }
  | { readonly action: 'start'; readonly step: number; readonly source: 'seed' | 'checkpoint' | 'workers' };

/** Decides. Steps after the decided one do not count: the caller rolls them back. */
export function chooseStart(facts: StartFacts, nowMs: number): StartDecision {
  if (facts.numWorkers === 0) return { action: 'wait', reason: 'no worker is connected' };
  const held = Math.max(-1, ...facts.held.filter((step) => step <= facts.committed));
  const checkpoint = facts.checkpoint !== undefined && facts.checkpoint <= facts.committed ? facts.checkpoint : 0;
  const best = Math.max(held, checkpoint);
  if (best < facts.committed && nowMs < facts.graceUntilMs) {
    return {
      action: 'wait',
      reason: `step ${facts.committed} is committed but no connected worker has it; waiting for one that may come back`,
      untilMs: facts.graceUntilMs,
    };
  }
  if (held === best) return { action: 'start', step: best, source: 'workers' };
  return { action: 'start', step: best, source: best === 0 && !facts.hasInit ? 'seed' : 'checkpoint' };
}
