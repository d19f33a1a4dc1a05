// How the learning rate, and for one-cycle the momentum, moves over a run. Pure numbers, the same bits on every engine.

import { z } from 'zod';
import { naturalExp } from '../augment/ops/exponential.js';
import { naturalLog } from '../augment/ops/logarithm.js';
import { halfCosine } from './power.js';

export interface ScheduledRate {
  /** Times the recipe's learning rate, 0..1. */
  readonly factor: number;
  /** Absent: the optimizer's own. */
  readonly momentum?: number;
}

export interface Schedule<Options = unknown> {
  readonly options: z.ZodType<Options>;
  /** What applies at `step`, 1-based, of `totalSteps`. */
  at(step: number, totalSteps: number, options: Options): ScheduledRate;
}

/** From `from` at 0 to `to` at 1 along half a cosine. */
const glide = (from: number, to: number, t: number): number => to + (from - to) * halfCosine(t);

const fraction = z.number().min(0).max(1);
const momentum = z.number().min(0).lt(1);

const constantOptions = z.strictObject({});

const constant: Schedule<z.output<typeof constantOptions>> = {
  options: constantOptions,
  at: () => ({ factor: 1 }),
};

const cosineOptions = z.strictObject({
  warmup: fraction.default(0.05).describe('Share of the run, 0..1, in which the rate climbs in equal steps to the highest.'),
  final: fraction.default(0).describe('Share of the highest rate, 0..1, that the run ends on.'),
});

/** Warm-up of whole steps, climbing from highest / numWarmup; then half a cosine that would reach `final` one step after the last. */
const cosine: Schedule<z.output<typeof cosineOptions>> = {
  options: cosineOptions,
  at(step, totalSteps, { warmup, final }) {
    const numWarmup = Math.round(warmup * totalSteps);
    if (step <= numWarmup) return { factor: step / numWarmup };
    return { factor: glide(1, final, (step - 1 - numWarmup) / (totalSteps - numWarmup)) };
  },
};

const oneCycleOptions = z.strictObject({
  pctStart: fraction.default(0.25).describe('Share of the run, 0..1, in which the rate climbs.'),
  div: z.number().min(1).default(25).describe('Highest rate divided by the first one.'),
  finalDiv: z.number().min(1).default(1e5).describe('Highest rate divided by the one the run ends on.'),
  momentumHigh: momentum.default(0.95).describe('Momentum where the rate is lowest, 0..1.'),
  momentumLow: momentum.default(0.85).describe('Momentum where the rate is highest, 0..1.'),
});

/** Smith 2018, "A disciplined approach to neural network hyper-parameters", with the two half cosines and the defaults of fastai. */
const oneCycle: Schedule<z.output<typeof oneCycleOptions>> = {
  options: oneCycleOptions,
  at(step, totalSteps, { pctStart, div, finalDiv, momentumHigh, momentumLow }) {
    const position = (step - 1) / totalSteps;
    if (position < pctStart) {
      const t = position / pctStart;
      return { factor: glide(1 / div, 1, t), momentum: glide(momentumHigh, momentumLow, t) };
    }
    const t = (position - pctStart) / (1 - pctStart);
    return { factor: glide(1, 1 / finalDiv, t), momentum: glide(momentumLow, momentumHigh, t) };
  },
};

const exponentialOptions = z.strictObject({
  first: z.number().gt(0).max(1).default(1e-8).describe('Share of the highest rate that the first step has; each later one has more by the same factor, and one more step would reach the highest.'),
});

/** For tests of learning rates: all of them in one run. */
const exponential: Schedule<z.output<typeof exponentialOptions>> = {
  options: exponentialOptions,
  at: (step, totalSteps, { first }) => ({ factor: naturalExp(naturalLog(first) * (1 - (step - 1) / totalSteps)) }),
};

export const schedules = { constant, cosine, 'one-cycle': oneCycle, exponential } satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof schedules;
