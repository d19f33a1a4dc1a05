// Which replicas differ from the rest. Pure.

export interface DigestReport {
  readonly worker: string;
  readonly digest: string;
}

/** Workers whose digest is not that of most; between equal camps, the one that the first report is in is right. */
export function findOutliers(reports: readonly DigestReport[]): string[] {
  const votes = new Map<string, number>();
  for (const { digest } of reports) votes.set(digest, (votes.get(digest) ?? 0) + 1);
  const [winner] = [...votes].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0] as [string, number]);
  return reports.filter(({ digest }) => digest !== winner).map(({ worker }) => worker);
}
