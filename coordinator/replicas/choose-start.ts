// Where a run starts or goes on when no worker is in step: the truth is the highest step that somebody's state has. Pure.

export interface StartFacts {
  /** Last step that the journal says is committed. */
  readonly committed: number;
  /** Newest checkpoint that can be trusted, if any. */
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
  | { readonly action: 'start'; readonly step: number; readonly source: 'seed' | 'checkpoint' | 'workers' }
  /** The first state is lost, and nothing else is left. */
  | { readonly action: 'give up' };

/** Decides. Steps after the decided one do not count: the caller rolls them back. */
export function chooseStart({ committed, checkpoint, hasInit, held, numWorkers, graceUntilMs }: StartFacts, nowMs: number): StartDecision {
  if (numWorkers === 0) return { action: 'wait', reason: 'no worker is connected' };
  const sources = [
    ...held.map((step) => ({ step, source: 'workers' as const })),
    ...(checkpoint === undefined ? [] : [{ step: checkpoint, source: 'checkpoint' as const }]),
    ...(hasInit ? [] : [{ step: 0, source: 'seed' as const }]),
  ].filter(({ step }) => step <= committed);
  // Of two with the same step the first: a worker's state need not be read or sent.
  const best = sources.reduce<(typeof sources)[number] | undefined>((most, each) => (!most || each.step > most.step ? each : most), undefined);
  if ((best?.step ?? -1) < committed && nowMs < graceUntilMs) {
    return {
      action: 'wait',
      reason: `step ${committed} is committed but no connected worker has it; waiting for one that may come back`,
      untilMs: graceUntilMs,
    };
  }
  return best ? { action: 'start', ...best } : { action: 'give up' };
}
