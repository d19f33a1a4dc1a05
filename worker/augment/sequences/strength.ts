// Guards that begin weak and tighten while a task is learnt: with full ones from the start real clips may stay at chance for long. How
// strong they are depends on a sample's place in the run alone, so it is the same on every worker.

import { z } from 'zod';
import type { MetricInfo } from '../../../shared/learning.js';
import type { ArraySpec } from '../../tasks/task.js';

const share = z.number().min(0).max(1);

export interface Strength {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly until: number;
}

/** The option of a recipe. `what` names the guards. */
export const strengthOption = (what: string, { start, end, from, until }: Strength): z.ZodType<Strength> => z.strictObject({
  start: share.default(start).describe('Strength at first, 0..1.'),
  end: share.default(end).describe('Strength from the share `until` of the steps on, and in evaluation, 0..1.'),
  from: share.default(from).describe('Share of the steps until which it stays at `start`.'),
  until: share.default(until).describe('Share of the steps at which it has come to `end`, in a straight line from `from` on.'),
}).refine(({ from: first, until: last }) => first <= last, { path: ['from'], message: 'at most `until`' }).prefault({}).describe(`How strong ${what}: 0 is as if it were off, 1 is full strength.`);

/** Strength when so much of a run is done, 0..1; without a number, as at its end. */
export function strengthAt({ start, end, from, until }: Strength, progress = 1): number {
  if (progress >= until) return end;
  return progress <= from ? start : start + ((end - start) * (progress - from)) / (until - from);
}

const isChanging = ({ start, end, until }: Strength): boolean => start !== end && until > 0;

/** What a task has besides where its strength changes: an array of one number, which is a metric too. */
export function describeStrength(strength: Strength): { arrays: Record<string, ArraySpec>; metrics: Record<string, MetricInfo> } {
  if (!isChanging(strength)) return { arrays: {}, metrics: {} };
  return { arrays: { strength: { type: 'float32', shape: [1] } }, metrics: { strength: { better: 'higher' } } };
}
