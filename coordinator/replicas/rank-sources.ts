// Whom to ask for the state of the run.

import type { StepDriver } from '../step/driver.js';
import type { Peer } from './peer.js';
import type { Transfers } from './transfers.js';

export interface RankSourcesOptions {
  readonly transfers: Transfers;
  readonly driver: Pick<StepDriver, 'committed'>;
  readonly heartbeatMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A worker that was not heard for so many heartbeats may be stopped. */
const SILENT_HEARTBEATS = 3;

/** The best first: who gave its state when asked, is heard, has done work, was right before, has applied the last steps, and hands over the fewest states. */
export function rankSources(peers: readonly Peer[], { transfers, driver, heartbeatMs, now }: RankSourcesOptions): Peer[] {
  const busy = transfers.sourcesInUse();
  const nowMs = now();
  const badnessOf = (peer: Peer): number[] => [
    transfers.failuresOf(peer),
    nowMs - peer.lastHeardMs > SILENT_HEARTBEATS * heartbeatMs ? 1 : 0,
    // One that says it is in step, and has done nothing, may have no state at all.
    peer.samplesDone > 0 ? 0 : 1,
    peer.confirmed > 0 ? 0 : 1,
    // The last commit may be on its way to all of them.
    Math.max(1, driver.committed - (peer.step ?? 0)),
    busy.filter((each) => each === peer).length,
  ];
  return peers.map((peer) => ({ peer, badness: badnessOf(peer) })).sort((a, b) => compare(a.badness, b.badness)).map(({ peer }) => peer);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, i) => value !== b[i]);
  return index === -1 ? 0 : a[index]! - b[index]!;
}
