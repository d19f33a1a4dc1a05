// Which replicas differ from the rest. Pure.

export interface DigestReport {
  readonly worker: string;
  readonly digest: string;
  /** How often it was right before. */
  readonly confirmed: number;
  /** When it came. */
  readonly sinceMs: number;
}

interface Camp {
  readonly digest: string;
  readonly votes: number;
  readonly confirmed: number;
  readonly sinceMs: number;
}

/**
 * Workers whose digest is not that of most. Between equal camps the one that was right more often before is right, then the one that was
 * here first: a newcomer does not drive out who was there.
 */
export function findOutliers(reports: readonly DigestReport[]): string[] {
  const camps = new Map<string, Camp>();
  for (const { digest, confirmed, sinceMs } of reports) {
    const camp = camps.get(digest) ?? { votes: 0, confirmed: 0, sinceMs: Infinity };
    camps.set(digest, { digest, votes: camp.votes + 1, confirmed: camp.confirmed + confirmed, sinceMs: Math.min(camp.sinceMs, sinceMs) });
  }
  const [winner] = [...camps.values()].sort((a, b) => b.votes - a.votes || b.confirmed - a.confirmed || a.sinceMs - b.sinceMs);
  return reports.filter(({ digest }) => digest !== winner?.digest).map(({ worker }) => worker);
}
