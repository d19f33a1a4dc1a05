// What the steps of a stage have come to, by parts of the stage: means over windows of steps, with how sure they are. Pure.

import type { Mean } from '../../shared/learning.js';
import type { StepTotals } from '../step/record.js';

/** Some steps one after another. */
export interface Window {
  /** Its last step. */
  readonly step: number;
  /** Missing where no sample could be used. */
  readonly loss?: Mean;
  /** By the names that steps report; without those that were never measured. */
  readonly terms: Readonly<Record<string, Mean>>;
  readonly metrics: Readonly<Record<string, Mean>>;
  /** Samples that could be used in no way, as a share of all, 0..1. */
  readonly unusable: number;
}

/** A step, as far as it counts here. */
interface StepFacts {
  readonly step: number;
  readonly loss: number | null;
  readonly terms: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly unusable: number;
}

export interface Progress {
  readonly windows: readonly Window[];
  /** Steps of the window that is not full yet. */
  readonly open: readonly StepFacts[];
}

export const NO_PROGRESS: Progress = { windows: [], open: [] };

/** Windows of a stage. */
const NUM_WINDOWS = 25;
/** A mean over fewer steps says nothing of how sure it is. */
const LEAST_STEPS = 4;

/** Steps of a window of a stage of so many. */
export const windowLength = (steps: number): number => Math.max(LEAST_STEPS, Math.ceil(steps / NUM_WINDOWS));

export interface CommittedStep {
  readonly step: number;
  readonly steps: number;
  readonly samples: number;
  readonly totals: Pick<StepTotals, 'loss' | 'terms' | 'metrics'> & { readonly unusable: readonly unknown[] };
}

const factsOf = ({ step, samples, totals: { loss, terms, metrics, unusable } }: CommittedStep): StepFacts =>
  ({ step, loss, terms, metrics, unusable: unusable.length / samples });

/** The progress after the first steps of a stage, each once and in order: as if they had been added one by one, in less time. */
export function restoreProgress(committed: readonly CommittedStep[]): Progress {
  const length = windowLength(committed[0]?.steps ?? 0);
  const numFull = Math.floor(committed.length / length);
  const windows = Array.from({ length: numFull }, (_, i) => closeWindow(committed.slice(i * length, (i + 1) * length).map(factsOf)));
  return { windows, open: committed.slice(numFull * length).map(factsOf) };
}

/** The progress after a step. What was rolled back and is run again counts once. */
export function addStep({ windows, open }: Progress, committed: CommittedStep): Progress {
  const { step, steps } = committed;
  const kept = windows.filter((window) => window.step < step);
  const next = [...open.filter((each) => each.step < step), factsOf(committed)];
  if (next.length < windowLength(steps)) return { windows: kept, open: next };
  return { windows: [...kept, closeWindow(next)], open: [] };
}

function closeWindow(steps: readonly StepFacts[]): Window {
  const loss = meanOf(steps.flatMap((each) => (each.loss === null ? [] : [each.loss])));
  return {
    step: steps.at(-1)!.step,
    ...(loss && { loss }),
    terms: meansOf(steps.map(({ terms }) => terms)),
    metrics: meansOf(steps.map(({ metrics }) => metrics)),
    unusable: steps.reduce((sum, each) => sum + each.unusable, 0) / steps.length,
  };
}

/** By name, over those that have it. */
function meansOf(records: readonly Readonly<Record<string, number>>[]): Record<string, Mean> {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(names.map((name) => [name, meanOf(records.flatMap(({ [name]: value }) => value ?? []))!]));
}

function meanOf(values: readonly number[]): Mean | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}
