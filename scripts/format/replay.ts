// What a step that was computed again shows, in words.

import { largestOf, type NamedRange } from '../../worker/replay/ranges.js';
import type { FirstFault, SeenMicrobatch, SeenSample } from '../replay/look-at-step.js';
import type { Comparison, Replay } from '../replay/replay-run.js';
import { formatLines } from './lines.js';

const MAX_MICROBATCHES = 8;
const MAX_SAMPLES = 100;

function show(value: number | null | undefined): string {
  if (value === undefined || value === null) return '-';
  return value === 0 || !Number.isFinite(value) ? String(value) : value.toPrecision(3);
}

const nameSteps = (steps: readonly number[]): string => (steps.length === 1 ? `step ${steps[0]}` : `steps ${steps[0]} to ${steps.at(-1)}`);

function describeComparison({ steps, difference, isOneKind, backends }: Comparison, backend: string): string[] {
  const others = isOneKind ? [] : [`  the run was computed on ${backends.join(', ')}, this on ${backend}: bits may differ`];
  if (steps.length === 0) return ['the journal has none of these steps: nothing to compare'];
  if (difference === undefined) return [`${nameSteps(steps)}: gradient as in the journal, the same bits`];
  const { step, here, journal } = difference;
  const why = isOneKind ? ['  a machine computed wrongly, then or now, or data or program are not what they were'] : others;
  return [`step ${step}: another gradient than in the journal (hash ${here}, in the journal ${journal})`, ...why];
}

function describeFault({ what, name, microbatch }: FirstFault): string {
  return `not finite  first in ${what === 'loss' ? `the loss ${name}` : `the ${what} of ${name}`}${microbatch === undefined ? '' : `, microbatch ${microbatch}`}`;
}

const HEAD = ['min', 'max', 'mean', 'deviation', 'zeros', 'not finite'];

function formatRanges(title: string, ranges: readonly NamedRange[]): string[] {
  const width = Math.max(title.length, ...ranges.map(({ name }) => name.length + 2));
  const toLine = (name: string, cells: readonly string[]): string => `${name.padEnd(width)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  return ranges.length === 0 ? [] : ['', toLine(title, HEAD), ...ranges.map(({ name, min, max, mean, deviation, zeros, notFinite }) =>
    toLine(`  ${name}`, [show(min), show(max), show(mean), show(deviation), `${(100 * zeros).toFixed(1)} %`, String(notFinite)]))];
}

/** What is not finite first, then the largest. */
function sortBySize<Each>(all: readonly Each[], sizeOf: (each: Each) => number): Each[] {
  const size = (each: Each): number => (Number.isFinite(sizeOf(each)) ? sizeOf(each) : Infinity);
  return all.toSorted((a, b) => (size(a) === size(b) ? 0 : size(b) - size(a)));
}

function formatMicrobatches(microbatches: readonly SeenMicrobatch[]): string[] {
  const sorted = sortBySize(microbatches, ({ gradientNorm, isFinite }) => (isFinite ? gradientNorm : Infinity));
  const lines = sorted.slice(0, MAX_MICROBATCHES).map(({ index, gradientNorm, isFinite }) => `  ${String(index).padEnd(6)}${isFinite ? show(gradientNorm) : 'not finite'}`);
  return ['', `microbatches, the largest gradient first (norm)`, ...lines, ...cut(microbatches.length, MAX_MICROBATCHES)];
}

const cut = (length: number, most: number): string[] => (length > most ? [`  and ${length - most} more: --json has all`] : []);

function formatSample({ microbatch, path, loss, unusable, notFinite }: SeenSample): string {
  const notes = [...(notFinite.length > 0 ? [`not finite: ${notFinite.join(', ')}`] : []), ...(unusable === undefined ? [] : [`left out: ${unusable}`])];
  return `  ${String(microbatch).padStart(10)}  ${(unusable === undefined ? show(loss) : '-').padStart(9)}  ${[path, ...notes].join('   ')}`;
}

function formatSamples(samples: readonly SeenSample[]): string[] {
  const sorted = sortBySize(samples, ({ loss, unusable, notFinite }) => (unusable !== undefined ? -Infinity : notFinite.length > 0 ? Infinity : loss));
  return ['', 'samples, the largest loss first', '  microbatch       loss  item', ...sorted.slice(0, MAX_SAMPLES).map(formatSample), ...cut(samples.length, MAX_SAMPLES)];
}

const nameNumbers = (numbers: Readonly<Record<string, number>>): string => Object.entries(numbers).map(([name, value]) => `${name} ${show(value)}`).join(', ');

/** The last line is ended. */
export function formatReplay(replay: Replay): string {
  const { runId, stage, step, steps, backend, start, comparison, loss, terms, metrics, inputs, activations, gradients, parameters, microbatches, samples, firstFault } = replay;
  const largest = activations.reduce<NamedRange | undefined>((most, each) => (most && largestOf(most) >= largestOf(each) ? most : each), undefined);
  const lines = [
    `step ${step} of ${steps} (run ${runId}, stage ${stage}), computed again on ${backend} from ${start.from}`,
    ...start.rejected.map((each) => `  ${each}`),
    ...describeComparison(comparison, backend),
    `loss        ${show(loss)}: ${nameNumbers(terms)}`,
    `metrics     ${nameNumbers(metrics)}`,
    ...(firstFault ? [describeFault(firstFault)] : ['all numbers are finite', ...(largest ? [`largest     ${show(largestOf(largest))} in the activations of ${largest.name}`] : [])]),
    ...formatRanges('inputs', inputs),
    ...formatRanges('activations', activations),
    ...formatRanges('gradients', gradients),
    ...formatRanges('arrays before the step', parameters),
    ...formatMicrobatches(microbatches),
    ...formatSamples(samples),
  ];
  return formatLines(lines);
}
