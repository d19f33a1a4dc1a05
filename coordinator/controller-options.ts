// What a stage is driven by.

import type { WireLayout } from '../shared/protocol/messages.js';
import type { CheckpointStoreOptions } from './checkpoints/store.js';
import type { RosterConfig } from './replicas/roster.js';
import type { SecondOpinionOptions } from './replicas/second-opinion.js';
import type { VerdictsOptions } from './replicas/verdicts.js';
import type { StageEvent } from './run/events.js';
import type { StageEndOptions } from './stage-end.js';
import type { StepDriverOptions } from './step/driver-options.js';

type OfSteps = 'steps' | 'microbatches' | 'lookaheadSteps' | 'chunkBytes' | 'audit' | 'digestEverySteps' | 'players' | 'names' | 'plan' | 'journal' | 'log' | 'now';

export interface ControllerOptions
  extends RosterConfig, Pick<StepDriverOptions, OfSteps>, Pick<StageEndOptions, 'maxUnusable'>, Pick<VerdictsOptions, 'strict' | 'shutOut'>, Pick<SecondOpinionOptions, 'trial'> {
  readonly runId: string;
  /** Stage of the run, from 1. */
  readonly stage: number;
  /** Sent to workers as it is. */
  readonly recipe: unknown;
  /** What every replica is made of. */
  readonly layout: WireLayout;
  readonly checkpointEverySteps: number;
  readonly lookEverySteps?: number | undefined;
  readonly checkpointKeep: number;
  readonly makeFirst?: CheckpointStoreOptions['makeFirst'];
  readonly checkpoints: string;
  /** Goes into every checkpoint's metadata. */
  readonly metadata: CheckpointStoreOptions['metadata'];
  readonly heartbeatMs: number;
  emit(event: StageEvent): void;
}
