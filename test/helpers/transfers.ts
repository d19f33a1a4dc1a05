// Transfers of states of four numbers, on a clock of the test's.

import type { Peer } from '../../coordinator/replicas/peer.js';
import { createTransfers, type Transfers } from '../../coordinator/replicas/transfers.js';

export interface TransferBench {
  readonly transfers: Transfers;
  nowMs: number;
  /** Who else is in step. */
  readonly witnesses: Peer[];
  /** Workers whose state was not that of most. */
  readonly outliers: Peer[];
  microbatchMs: number | undefined;
}

export function createTransferBench(): TransferBench {
  const bench: TransferBench = {
    nowMs: 0,
    witnesses: [], outliers: [], microbatchMs: 10,
    transfers: createTransfers({
      stateLength: 4, chunkLength: 2, now: () => bench.nowMs,
      witnessesOf: (source) => bench.witnesses.filter((peer) => peer !== source),
      microbatchMsOf: () => bench.microbatchMs,
      onOutlier: (peer) => bench.outliers.push(peer),
    }),
  };
  return bench;
}
