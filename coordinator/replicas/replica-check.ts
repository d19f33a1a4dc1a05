// Replicas compared by the digests that they report: who differs from the rest, once all have spoken.

import { findOutliers } from './find-outliers.js';
import type { Peer } from './peer.js';

export interface ReplicaCheck {
  /** Takes a report. Returns the workers whose replica is wrong, once every one of `active` has reported on the step. */
  report(peer: Peer, step: number, digest: string, active: readonly Peer[]): Peer[];
}

/** True for a step whose digest every worker reports. */
export const isDigestDue = (step: number, everySteps: number): boolean => everySteps > 0 && step % everySteps === 0;

/** Steps whose reports are kept while some are missing: they must not fill the memory. */
const MAX_STEPS = 16;

export function createReplicaCheck(): ReplicaCheck {
  const open = new Map<number, Map<Peer, string>>();
  return {
    report(peer, step, digest, active) {
      const reports = open.get(step) ?? new Map<Peer, string>();
      open.set(step, reports.set(peer, digest));
      if (open.size > MAX_STEPS) open.delete(Math.min(...open.keys()));
      if (!active.every((each) => reports.has(each))) return [];
      open.delete(step);
      const outliers = findOutliers([...reports].map(([each, value]) => ({ worker: each.id, digest: value, confirmed: each.confirmed, sinceMs: each.openedMs })));
      const right = [...reports.keys()].filter((each) => !outliers.includes(each.id));
      for (const each of right) each.confirmed += 1;
      return [...reports.keys()].filter((each) => !right.includes(each));
    },
  };
}
