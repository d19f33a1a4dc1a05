// What a run took: milliseconds of a step by phase, samples a second, losses. For people; no result depends on it.

import type { Phases } from '../shared/protocol/messages.js';

export interface RunStatistics {
  addPhases(worker: string, phases: Phases): void;
  addCommit(loss: number, samples: number, nowMs: number): void;
  /** Mean milliseconds of a step by phase, over workers and steps; `otherShare` is data wait and exchange over the whole. */
  phases(): (Phases & { readonly stepMs: number; readonly outsideShare: number }) | undefined;
  /** Over the last commits. */
  samplesPerSecond(): number | undefined;
  /** Mean over the last steps: one step's is noise. */
  readonly lastLoss: number | undefined;
}

/** Commits that the speed is taken over. */
const WINDOW = 20;
const LOSS_STEPS = 5;
/** A worker's first steps compile and warm caches; they are left out of the phases. */
const WARM_UP_STEPS = 3;

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

export function createStatistics(): RunStatistics {
  const sums = { dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 };
  const stepsOfWorker = new Map<string, number>();
  let numSteps = 0;
  let lastLosses: number[] = [];
  let recent: { atMs: number; samples: number }[] = [];

  return {
    addPhases(worker, phases) {
      const seen = (stepsOfWorker.get(worker) ?? 0) + 1;
      stepsOfWorker.set(worker, seen);
      if (seen <= WARM_UP_STEPS) return;
      numSteps += 1;
      for (const phase of Object.keys(sums) as (keyof Phases)[]) sums[phase] += phases[phase];
    },
    addCommit(loss, samples, nowMs) {
      lastLosses = [...lastLosses, loss].slice(-LOSS_STEPS);
      recent = [...recent, { atMs: nowMs, samples }].slice(-WINDOW);
    },
    phases() {
      if (numSteps === 0) return undefined;
      const means = {
        dataWaitMs: sums.dataWaitMs / numSteps,
        computeMs: sums.computeMs / numSteps,
        exchangeMs: sums.exchangeMs / numSteps,
        updateMs: sums.updateMs / numSteps,
      };
      const stepMs = means.dataWaitMs + means.computeMs + means.exchangeMs + means.updateMs;
      return { ...means, stepMs, outsideShare: stepMs > 0 ? (means.dataWaitMs + means.exchangeMs) / stepMs : 0 };
    },
    samplesPerSecond() {
      const first = recent[0];
      const last = recent.at(-1);
      if (!first || !last || last.atMs <= first.atMs) return undefined;
      const samples = recent.slice(1).reduce((sum, commit) => sum + commit.samples, 0);
      return (samples * 1000) / (last.atMs - first.atMs);
    },
    get lastLoss() {
      return mean(lastLosses);
    },
  };
}
