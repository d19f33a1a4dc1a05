// A label curve in words: whether pretraining paid, at which label counts, with what spread; and its table. Pure.

import type { CurveRow } from './summary.js';
import type { Difference, Score } from './statistics.js';

export const nameShare = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
const points = (share: number): string => (100 * Math.abs(share)).toFixed(1);
const signed = (share: number): string => `${points(share) === '0.0' ? '' : share < 0 ? '-' : '+'}${points(share)}`;
const countOf = ({ perClass }: CurveRow): string => (perClass < 10 ? Number(perClass.toFixed(1)) : Math.round(perClass)).toString();

/** +1 better, -1 worse, 0 where it may be chance. */
const signOf = ({ mean, bound }: Difference): number => (Math.abs(mean) > bound ? Math.sign(mean) : 0);

/** Lines without their ends; the first one sums up. */
export function describeCurve(rows: readonly CurveRow[]): string[] {
  const numSeeds = rows[0]!.scores.pretrained.bySeed.length;
  return [
    sumUp(rows),
    ...rows.map((row) => describeRow(row, numSeeds)),
    ...describeProbe(rows),
    ...(numSeeds === 1 ? ['One seed says nothing of the spread between seeds: errors are those of the held-out items alone. --seeds 1,2,3 would tell more.'] : []),
  ];
}

function sumUp(rows: readonly CurveRow[]): string {
  const of = (sign: number): CurveRow[] => rows.filter(({ over }) => signOf(over.scratch) === sign);
  const [paid, hurt] = [of(1), of(-1)];
  if (paid.length === 0 && hurt.length === 0) return 'Whether pretraining pays does not show at any count of labels.';
  const most = [...paid].sort((a, b) => b.over.scratch.mean - a.over.scratch.mean)[0];
  const parts = [
    ...(most ? [`Pretraining paid at ${nameCounts(paid)}${paid.length > 1 ? `, most at ${countOf(most)}` : ''} (${points(most.over.scratch.mean)} points)`] : ['Pretraining paid nowhere']),
    ...(hurt.length > 0 ? [`it hurt at ${nameCounts(hurt)}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function nameCounts(rows: readonly CurveRow[]): string {
  const counts = rows.map(countOf);
  const all = counts.length > 1 ? `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)!}` : counts[0]!;
  return `${all} ${all === '1' ? 'label' : 'labels'} a class`;
}

function describeRow(row: CurveRow, numSeeds: number): string {
  const { mean, deviation, standardError, bound } = row.over.scratch;
  const where = `at ${nameCounts([row])}`;
  const seeds = numSeeds > 1 ? `${numSeeds} seeds` : '1 seed';
  const sign = signOf(row.over.scratch);
  if (sign === 0) {
    return `no difference that ${numSeeds > 1 ? 'these seeds' : 'this seed'} can show ${where} (difference ${signed(mean)} points, standard error ${points(standardError)}${bound === 0 ? '' : `; to show, it must be above ${points(bound)} points`})`;
  }
  const spread = deviation === undefined ? `standard error ${points(standardError)}` : `deviation ${points(deviation)}, standard error ${points(standardError)}`;
  return `pretrained is ${points(mean)} points ${sign > 0 ? 'better' : 'worse'} ${where} (${seeds}, ${spread}): ${numSeeds > 1 ? 'it' : 'with this seed it'} ${sign > 0 ? 'paid' : 'hurt'}`;
}

/** Where the trunk itself should learn from the labels, and where it had better not. */
function describeProbe(rows: readonly CurveRow[]): string[] {
  const of = (sign: number): CurveRow[] => rows.filter(({ over }) => signOf(over.probe) === sign);
  const [better, worse] = [of(1), of(-1)];
  if (better.length === 0 && worse.length === 0) return ['between fine-tuning the trunk and a head on the frozen trunk no difference shows'];
  return [
    ...(better.length > 0 ? [`fine-tuning the trunk is better than a head on the frozen trunk at ${nameCounts(better)}`] : []),
    ...(worse.length > 0 ? [`a head on the frozen trunk is better than fine-tuning the trunk at ${nameCounts(worse)}`] : []),
  ];
}

const percent = ({ mean, deviation }: Score): string => `${points(mean)}${deviation === undefined ? '' : ` ± ${points(deviation)}`}`;

const withError = ({ mean, standardError }: Difference): string => `${signed(mean)} (${points(standardError)})`;

export const CURVE_HEAD = ['share', 'labels', 'a class', 'steps', 'pretrained', 'scratch', 'probe', 'over scratch', 'over probe'] as const;

/** A row's cells below CURVE_HEAD. */
export function cellsOf(row: CurveRow): string[] {
  return [
    nameShare(row.share), String(row.numLabels), countOf(row), String(row.steps),
    percent(row.scores.pretrained), percent(row.scores.scratch), percent(row.scores.probe), withError(row.over.scratch), withError(row.over.probe),
  ];
}

/** As Markdown; lines without their ends. Accuracies in per cent with the deviation of the seeds, differences in points with their standard error. */
export function tabulateCurve(rows: readonly CurveRow[]): string[] {
  const cells = rows.map(cellsOf);
  const widths = CURVE_HEAD.map((name, column) => Math.max(name.length, ...cells.map((line) => line[column]!.length)));
  const format = (line: readonly string[]): string => `| ${line.map((cell, column) => cell.padStart(widths[column]!)).join(' | ')} |`;
  return [format(CURVE_HEAD), `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`, ...cells.map(format)];
}
