// How the learning rate, and for one-cycle the momentum, moves over a run. Pure numbers, the same bits on every engine.

import { z } from 'zod';
import { halfCosine } from './power.js';

export interface ScheduledRate {
  readonly learningRate: number;
  /** Absent: the optimizer's own. */
  readonly momentum?: number;
}

export interface Schedule<Options = unknown> {
  readonly options: z.ZodType<Options>;
  /** What applies at `step`, 1-based, of `totalSteps`. */
  at(step: number, totalSteps: number, options: Options): ScheduledRate;
}

const learningRate = z.number().positive().default(0.05);
const fraction = z.number().min(0).max(1);
const momentum = z.number().min(0).lt(1);

const constantOptions = z.strictObject({
  learningRate: learningRate.describe('Step length, the same for the whole run.'),
});

const constant: Schedule<z.output<typeof constantOptions>> = {
  options: constantOptions,
  at: (_step, _totalSteps, { learningRate }) => ({ learningRate }),
};

const cosineOptions = z.strictObject({
  learningRate: learningRate.describe('Highest step length, reached at the end of the warm-up.'),
  warmup: fraction.default(0.05).describe('Share of the run, 0..1, in which the rate climbs in equal steps to the highest.'),
  final: fraction.default(0).describe('Share of the highest rate, 0..1, that the run ends on.'),
});

/** Warm-up of whole steps, climbing from highest / numWarmup; then half a cosine that would reach `final` one step after the last. */
const cosine: Schedule<z.output<typeof cosineOptions>> = {
  options: cosineOptions,
  at(step, totalSteps, { learningRate, warmup, final }) {
    const numWarmup = Math.round(warmup * totalSteps);
    if (step <= numWarmup) return { learningRate: (learningRate * step) / numWarmup };
    const share = final + (1 - final) * halfCosine((step - 1 - numWarmup) / (totalSteps - numWarmup));
    return { learningRate: learningRate * share };
  },
};

const oneCycleOptions = z.strictObject({
  learningRate: learningRate.describe('Highest step length.'),
  pctStart: fraction.default(0.25).describe('Share of the run, 0..1, in which the rate climbs.'),
  div: z.number().min(1).default(25).describe('Highest rate divided by the first one.'),
  finalDiv: z.number().min(1).default(1e5).describe('Highest rate divided by the one the run ends on.'),
  momentumHigh: momentum.default(0.95).describe('Momentum where the rate is lowest, 0..1.'),
  momentumLow: momentum.default(0.85).describe('Momentum where the rate is highest, 0..1.'),
});

/** From `from` at 0 to `to` at 1 along half a cosine. */
const glide = (from: number, to: number, t: number): number => to + (from - to) * halfCosine(t);

/** Smith 2018, "A disciplined approach to neural network hyper-parameters", with the two half cosines and the defaults of fastai. */
const oneCycle: Schedule<z.output<typeof oneCycleOptions>> = {
  options: oneCycleOptions,
  at(step, totalSteps, { learningRate, pctStart, div, finalDiv, momentumHigh, momentumLow }) {
    const position = (step - 1) / totalSteps;
    if (position < pctStart) {
      const t = position / pctStart;
      return { learningRate: glide(learningRate / div, learningRate, t), momentum: glide(momentumHigh, momentumLow, t) };
    }
    const t = (position - pctStart) / (1 - pctStart);
    return { learningRate: glide(learningRate, learningRate / finalDiv, t), momentum: glide(momentumLow, momentumHigh, t) };
  },
};

export const schedules = { constant, cosine, 'one-cycle': oneCycle } satisfies Record<string, Schedule>;

export type ScheduleName = keyof typeof schedules;
