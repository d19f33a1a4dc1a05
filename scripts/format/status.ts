// A run's status as a text for people.

import { z } from 'zod';
import { escapeControls } from '../../shared/log/escape-controls.js';
import { describeAudit } from './audit.js';
import { groupByNode } from './nodes.js';

/** What `GET /status` answers. More keys may come; those here are shown. */
export const statusSchema = z.object({
  run: z.string(),
  state: z.string(),
  /** Which stage of how many. */
  stage: z.number().default(1),
  stages: z.number().default(1),
  step: z.number(),
  steps: z.number(),
  loss: z.number().nullish(),
  samplesPerSecond: z.number().nullish(),
  etaS: z.number().nullish(),
  workers: z.array(z.record(z.string(), z.unknown())),
  /** Files that could not be listed. */
  rejected: z.number().default(0),
  /** Samples that could not be decoded. */
  quarantined: z.number().default(0),
  audit: z.object({
    microbatches: z.number(),
    unseconded: z.number(),
    wrong: z.array(z.object({ worker: z.string(), step: z.number(), microbatches: z.array(z.number()) })),
  }).optional(),
  waiting: z.string().nullish(),
  verdict: z.object({ kind: z.string(), text: z.string() }).optional(),
  look: z.object({
    step: z.number(),
    look: z.object({ held: z.object({ metrics: z.record(z.string(), z.object({ mean: z.number().nullable() })) }), knn: z.object({ trained: z.number(), untrained: z.number() }).optional() }),
  }).optional(),
  best: z.object({ step: z.number(), metric: z.string(), value: z.number(), checkpoint: z.string() }).optional(),
  /** Files that miss lines because they could not be written. */
  lostLines: z.array(z.object({ path: z.string(), lines: z.number(), reason: z.string() })).default([]),
});

export type RunStatus = z.output<typeof statusSchema>;

/** A time to go: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A number with four digits that count. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function formatCell(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return escapeControls(value);
  return value === undefined || value === null ? '-' : JSON.stringify(value);
}

/** Rows under the keys of all of them, in the order in which they first come. */
function formatTable(rows: readonly Record<string, unknown>[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns.map(escapeControls), ...rows.map((row) => columns.map((column) => formatCell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  return cells.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd());
}

function describeLook({ step, look: { held, knn } }: NonNullable<RunStatus['look']>): string {
  const metrics = Object.entries(held.metrics).flatMap(([name, { mean }]) => (mean === null ? [] : [`${name} ${formatNumber(mean)}`]));
  const neighbours = knn ? [`kNN ${formatNumber(knn.trained)} (untrained ${formatNumber(knn.untrained)})`] : [];
  return `held-out items at step ${step}: ${[...metrics, ...neighbours].join(', ')}`;
}

/** The status in a few lines, a newline at the end. */
export function formatStatus(status: RunStatus): string {
  const { run, state, stage, stages, step, steps, loss, samplesPerSecond, etaS, workers, rejected, quarantined, audit, waiting, verdict, look, best, lostLines } = status;
  const facts = [
    stages > 1 ? `stage ${stage}/${stages}` : '',
    `step ${step}/${steps} (${Math.floor((100 * step) / Math.max(1, steps))} %)`,
    typeof loss === 'number' ? `loss ${formatNumber(loss)}` : '',
    typeof samplesPerSecond === 'number' ? `${formatNumber(samplesPerSecond)} samples/s` : '',
    typeof etaS === 'number' ? `${formatDuration(etaS)} to go` : '',
  ];
  const lines = [
    `run ${escapeControls(run)}: ${escapeControls(state)}${state === 'paused' ? ' (pretext continue goes on)' : ''}`,
    facts.filter((fact) => fact !== '').join(', '),
    ...(typeof waiting === 'string' ? [`waiting: ${escapeControls(waiting)}`] : []),
    ...(verdict ? [escapeControls(`${verdict.kind}: ${verdict.text}`)] : []),
    ...(look ? [escapeControls(describeLook(look))] : []),
    ...(best ? [escapeControls(`best checkpoint: ${best.checkpoint} (step ${best.step}, ${best.metric} ${formatNumber(best.value)})`)] : []),
    ...(rejected > 0 ? [`files left out: ${rejected}`] : []),
    ...(quarantined > 0 ? [`samples quarantined: ${quarantined}`] : []),
    ...(audit ? [escapeControls(`audit: ${describeAudit(audit)}`)] : []),
    ...lostLines.map(({ path, lines: count, reason }) => escapeControls(`lines lost in ${path}: ${count} (${reason})`)),
    '',
    ...(workers.length === 0 ? ['no workers'] : formatTable(groupByNode(workers))),
  ];
  return `${lines.join('\n')}\n`;
}
