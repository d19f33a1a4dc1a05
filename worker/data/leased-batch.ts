// The data of a leased microbatch, ready to be learnt from.

import type { LeasedMicrobatch, Unusable } from '../../shared/protocol/messages.js';
import type { Arrays } from '../tasks/task.js';

export interface LeasedBatch {
  readonly arrays: Arrays;
  readonly weights: Float32Array;
  /** Number of each sample's item among those that are trained on. */
  readonly instances: Int32Array;
  readonly unusable: readonly Unusable[];
  /** Paths of its samples, for messages. */
  readonly samples: readonly string[];
  /** Gives the buffers back. */
  release(): void;
}

export type PrepareBatch = (lease: LeasedMicrobatch) => Promise<LeasedBatch>;
