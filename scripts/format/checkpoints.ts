// A list of checkpoints as a table for people.

export interface ShownCheckpoint {
  readonly stage: number;
  readonly step: number;
  readonly bytes: number;
  readonly saved: string;
  readonly isBest: boolean;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `12.3 MiB`. */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toFixed(1)} ${UNITS[power]}`;
}

/** Lines; the stage is named where there are several. */
export function formatCheckpoints(checkpoints: readonly ShownCheckpoint[]): string[] {
  if (checkpoints.length === 0) return ['There is no checkpoint yet.'];
  const hasStages = checkpoints.some(({ stage }) => stage !== 1);
  const rows = checkpoints.map(({ stage, step, bytes, saved, isBest }) => [...(hasStages ? [String(stage)] : []), String(step), formatSize(bytes), saved, isBest ? 'best' : '']);
  const head = [...(hasStages ? ['stage'] : []), 'step', 'size', 'saved', ''];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
}
