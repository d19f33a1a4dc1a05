// What a step takes, in milliseconds by phase, and the time of each microbatch.

import type { Phases } from '../../shared/protocol/messages.js';

const NO_PHASES: Phases = { dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 };

export class StepClock {
  #phases = { ...NO_PHASES };
  #lapStartMs = performance.now();

  /** Waits for the work and counts its time as the phase's. */
  async time<Result>(phase: keyof Phases, work: Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    try {
      return await work;
    } finally {
      this.#phases[phase] += performance.now() - startedMs;
    }
  }

  /** Time since the last microbatch was done, or since the step could begin. */
  takeLap(): number {
    const nowMs = performance.now();
    const ms = nowMs - this.#lapStartMs;
    this.#lapStartMs = nowMs;
    return ms;
  }

  /** The phases so far; they begin anew. */
  takePhases(): Phases {
    const phases = this.#phases;
    this.#phases = { ...NO_PHASES };
    return phases;
  }
}
