// What the steps of a stage have come to, by parts of the stage: means over windows of steps, with how sure they are. Pure.

import type { StepTotals } from '../step/record.js';

export interface Mean {
  readonly mean: number;
  /** Of the mean, from how the steps of the window differ. */
  readonly standardError: number;
}

/** Some steps one after another. */
export interface Window {
  /** Its last step. */
  readonly step: number;
  /** Missing where no sample could be used. */
  readonly loss?: Mean;
  /** By the task's own names; without those that were never measured. */
  readonly metrics: Readonly<Record<string, Mean>>;
  /** Samples that could be used in no way, as a share of all, 0..1. */
  readonly unusable: number;
}

/** A step, as far as it counts here. */
interface StepFacts {
  readonly step: number;
  readonly loss: number | null;
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
  readonly totals: Pick<StepTotals, 'loss' | 'metrics' | 'unusable'>;
}

/** The progress after a step. What was rolled back and is run again counts once. */
export function addStep({ windows, open }: Progress, { step, steps, samples, totals: { loss, metrics, unusable } }: CommittedStep): Progress {
  const kept = windows.filter((window) => window.step < step);
  const next = [...open.filter((each) => each.step < step), { step, loss, metrics, unusable: unusable.length / samples }];
  if (next.length < windowLength(steps)) return { windows: kept, open: next };
  return { windows: [...kept, closeWindow(next)], open: [] };
}

function closeWindow(steps: readonly StepFacts[]): Window {
  const names = [...new Set(steps.flatMap(({ metrics }) => Object.keys(metrics)))];
  const metrics = names.map((name) => [name, meanOf(steps.flatMap(({ metrics: { [name]: value } }) => (value === undefined ? [] : [value])))!] as const);
  const loss = meanOf(steps.flatMap((each) => (each.loss === null ? [] : [each.loss])));
  return {
    step: steps.at(-1)!.step,
    ...(loss && { loss }),
    metrics: Object.fromEntries(metrics),
    unusable: steps.reduce((sum, each) => sum + each.unusable, 0) / steps.length,
  };
}

function meanOf(values: readonly number[]): Mean | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}
