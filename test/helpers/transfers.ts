// Transfers of states of four numbers, on a clock of the test's.

import { createTransfers, type Transfers } from '../../coordinator/replicas/transfers.js';

export interface TransferBench {
  readonly transfers: Transfers;
  nowMs: number;
  /** What the replicas agreed on, by step. */
  readonly digests: Map<number, string>;
}

export function createTransferBench(): TransferBench {
  const digests = new Map<number, string>();
  const bench: TransferBench = {
    nowMs: 0,
    digests,
    transfers: createTransfers({ stateLength: 4, valuesLength: 3, now: () => bench.nowMs, isCompared: (step) => step === 7, digestAt: (step) => digests.get(step) }),
  };
  return bench;
}
