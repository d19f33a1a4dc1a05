// What the driver of steps is given.

import type { Logger } from 'pino';
import type { StageJournal } from '../journal/stage-journal.js';
import type { EpochPlan } from '../plan/epoch-plan.js';
import type { Peer } from '../replicas/peer.js';
import type { Findings } from './audit/step-audit.js';
import type { ResultNames } from './check-computed.js';
import type { StepTotals } from './record.js';
import type { ReducerName } from './reducers/index.js';

export interface StepDriverOptions {
  readonly steps: number;
  readonly microbatches: number;
  readonly lookaheadSteps: number;
  readonly chunkBytes: number;
  readonly reducer: ReducerName;
  readonly digestEverySteps: number;
  readonly plan: EpochPlan;
  readonly journal: StageJournal;
  readonly peers: ReadonlySet<Peer>;
  /** Elements of the flat gradient. */
  readonly gradientLength: number;
  /** Names of what its arrays are trained by. */
  readonly players: ReadonlySet<string>;
  readonly names: ResultNames;
  /** Share of the steps that are computed twice. */
  readonly audit: number;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The step is in the journal, and whoever is in step has been told. */
  onCommit(step: number, totals: StepTotals): void;
  /** The step was audited. True when it may be committed. */
  onAudited(step: number, findings: Findings): boolean;
  /** The worker's part of so many samples is in the sum. */
  onSamples(peer: Peer, numSamples: number): void;
  /** A sum that the worker sent goes beyond what a number can say: it counts for nothing. */
  onOverflow(peer: Peer, step: number): void;
  /** The last step is committed; said again at every event until the driver closes. */
  onFinished(): void;
  /** The journal could not be written, or the step has no sum. */
  onError(error: unknown): void;
}
