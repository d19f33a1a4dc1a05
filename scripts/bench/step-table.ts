// The table that `npm run bench step` prints: lined up for people, and Markdown, ready for a page.

import type { Times } from './measure.js';

/** Times are missing where they could not be measured; `problems` say why. */
export interface Row {
  readonly network: string;
  readonly side: number;
  readonly batch: number;
  readonly numParameters: number | undefined;
  readonly firstMs: number | undefined;
  readonly ours: Times | undefined;
  /** The peer's times, by its arithmetic. */
  readonly fp32: Times | undefined;
  readonly tf32: Times | undefined;
  readonly problems: readonly string[];
}

type Arithmetic = 'fp32' | 'tf32';

interface Column {
  readonly title: string;
  readonly width: number;
  format(row: Row): string;
}

const formatTimes = (times: Times | undefined): string => (times ? `${times.medianMs.toFixed(1)} (${times.bestMs.toFixed(1)})` : '-');

function formatRatio(ours: Times | undefined, theirs: Times | undefined): string {
  if (!ours || !theirs) return '-';
  return `${(ours.medianMs / theirs.medianMs).toFixed(2)} (${(ours.bestMs / theirs.bestMs).toFixed(2)})`;
}

const ownColumns: readonly Column[] = [
  { title: 'network', width: 14, format: ({ network }) => network },
  { title: 'side', width: 4, format: ({ side }) => String(side) },
  { title: 'batch', width: 5, format: ({ batch }) => String(batch) },
  { title: 'first step, ms', width: 14, format: ({ firstMs }) => firstMs?.toFixed(0) ?? '-' },
  { title: 'ms (best)', width: 15, format: ({ ours }) => formatTimes(ours) },
];

const comparisonColumns = (title: string, arithmetic: Arithmetic): readonly Column[] => [
  { title: `${title}, ms (best)`, width: 23, format: (row) => formatTimes(row[arithmetic]) },
  { title: 'ratio (best)', width: 12, format: (row) => formatRatio(row.ours, row[arithmetic]) },
];

export interface Table {
  /** Two lines. */
  readonly header: string;
  format(row: Row): string;
}

/** A table of our times and of those of the peer on `device`, where there is one. The ratio is ours to the peer's. */
export function createTable(device: 'cpu' | 'cuda' | undefined): Table {
  const columns = [
    ...ownColumns,
    ...(device === undefined ? [] : comparisonColumns('PyTorch fp32', 'fp32')),
    ...(device === 'cuda' ? comparisonColumns('PyTorch TF32', 'tf32') : []),
  ];
  const formatLine = (read: (column: Column) => string): string => `| ${columns.map((column) => read(column).padEnd(column.width)).join(' | ')} |`;
  return {
    header: `${formatLine(({ title }) => title)}\n${formatLine(({ width }) => '-'.repeat(width))}`,
    format: (row) => formatLine((column) => column.format(row)),
  };
}
