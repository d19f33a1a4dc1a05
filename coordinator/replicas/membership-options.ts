// What the membership of a stage is given.

import type { Logger } from 'pino';
import type { WireLayout } from '../../shared/protocol/messages.js';
import type { CheckpointStore } from '../checkpoints/store.js';
import type { StageEvent } from '../run/events.js';
import type { StepDriver } from '../step/driver.js';
import type { Peer } from './peer.js';
import type { RosterConfig } from './roster.js';
import type { Transfers } from './transfers.js';

export interface MembershipOptions extends RosterConfig {
  readonly runId: string;
  /** Stage of the run, from 1. */
  readonly stage: number;
  /** Sent to workers as it is. */
  readonly recipe: unknown;
  /** Items that are trained on. */
  readonly numInstances: number;
  /** What every replica is made of. */
  readonly layout: WireLayout;
  readonly chunkBytes: number;
  readonly heartbeatMs: number;
  readonly checkpoints: CheckpointStore;
  readonly peers: ReadonlySet<Peer>;
  readonly driver: StepDriver;
  readonly transfers: Transfers;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  emit(event: StageEvent): void;
  /** Resolves when no commit and no checkpoint is being written. */
  settled(): Promise<void>;
  /** Saves the state as of the last commit, if that can be done. */
  save(): Promise<void>;
  /** The worker is in step. */
  onJoin(peer: Peer): void;
  onError(error: unknown): void;
}
