// Results that are not finite: a step ends the run only when a second worker finds the same, or when there is none. Pure but for its memory.

export interface NonFiniteReport {
  readonly worker: string;
  readonly step: number;
  readonly microbatch: number | undefined;
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
