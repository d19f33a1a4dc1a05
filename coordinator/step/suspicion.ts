// Results that are not finite: a step ends the run only when a second worker finds the same, or when there is none. Pure but for its memory.

import { PretextError } from '../../shared/errors/pretext-error.js';

export interface NonFiniteReport {
  readonly worker: string;
  readonly step: number;
  /** Undefined where it is a sum of several. */
  readonly microbatch: number | undefined;
}

/** What a run ends with whose numbers went beyond what can be computed with. */
export function explainNonFinite(message: string): PretextError {
  return new PretextError('NON_FINITE', message, { hint: 'The last checkpoint is whole. Change the recipe (a lower learning rate?), then start anew.' });
}

export interface Suspicion {
  /** Takes a report. True when a worker before said the same of the same microbatch. */
  confirm(report: NonFiniteReport): boolean;
  /** Workers that were wrong: others have finished the step with finite numbers. */
  clear(step: number): string[];
}

export function createSuspicion(): Suspicion {
  let reports: NonFiniteReport[] = [];
  return {
    confirm(report) {
      const { worker, step, microbatch } = report;
      const isConfirmed = reports.some((each) => each.worker !== worker && each.step === step && each.microbatch === microbatch);
      reports.push(report);
      return isConfirmed;
    },
    clear(step) {
      const wrong = reports.filter((each) => each.step <= step);
      reports = reports.filter((each) => each.step > step);
      return wrong.map(({ worker }) => worker);
    },
  };
}
