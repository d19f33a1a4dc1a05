// Who computes which microbatches of a step: each worker a run of them, cut where the step is done soonest and few partial sums have to
// be moved. A worker sends one sum for each largest subtree of the canonical tree that its microbatches fill: 16 to 31 of 64 are one
// sum, 17 to 32 are five. Pure.

import { countSubtrees, rootLevel } from '../../shared/tensors/tree-sum.js';

/** A worker that may be given microbatches, and what it has of the step. */
export interface Hand {
  readonly worker: string;
  /** Milliseconds that it takes for a microbatch. */
  readonly ms: number;
  /** Microbatches that it has still to compute; the one in work may count as a part. */
  readonly numAhead: number;
  /** Microbatches, ascending, that it has and that are not in the sum yet, computed or not: what it gets may be summed with them. */
  readonly holds: readonly number[];
  /** Sums that it may send without being weighed: one where it has sent none yet, for it is there to work. */
  readonly numFree: number;
}

export interface ShareOutOptions {
  /** Microbatches to give out, ascending. */
  readonly microbatches: readonly number[];
  readonly hands: readonly Hand[];
  /** Microbatches of a whole step. */
  readonly numMicrobatches: number;
  /** A partial sum more is worth it when the step is done that much sooner. */
  readonly partialMs: number;
  /** The step takes that long in any case: to be done sooner is worth nothing. */
  readonly floorMs: number;
}

export interface Share {
  readonly worker: string;
  readonly microbatches: readonly number[];
}

/** One way to cut up to a hand. */
interface Plan {
  readonly end: number;
  /** Time until the last of them is done. */
  readonly ms: number;
  /** Sum of the squares of their times: of two plans that end at the same time the more even one has less. */
  readonly unevenness: number;
  /** Sums that they send and that count. */
  readonly numSums: number;
  readonly before: Plan | undefined;
}

/** Shares out, the fastest worker first; workers that get nothing are left out. */
export function shareOut(options: ShareOutOptions): Share[] {
  return divide({ ...options, hands: [...options.hands].sort((a, b) => a.ms - b.ms) });
}

/** Shares out in the order of the hands: the first gets the lowest microbatches. */
export function divide(options: ShareOutOptions): Share[] {
  const { hands, microbatches, partialMs, floorMs } = options;
  let plans: Plan[] = [{ end: 0, ms: floorMs, unevenness: 0, numSums: 0, before: undefined }];
  for (const [index, ends] of listEnds(options).entries()) {
    plans = ends.flatMap((end) => extend(plans, end, hands[index]!, options));
  }
  const costOf = (plan: Plan): number => plan.ms + plan.numSums * partialMs;
  const best = plans.reduce((least, plan) => (costOf(plan) < costOf(least) ? plan : least));
  const ends: number[] = [];
  for (let plan: Plan | undefined = best; plan; plan = plan.before) ends.unshift(plan.end);
  return hands.flatMap(({ worker }, index) => {
    const share = microbatches.slice(ends[index], ends[index + 1]);
    return share.length > 0 ? [{ worker, microbatches: share }] : [];
  });
}

/** The plans in which the hand's part ends there: of those with as many sums only the soonest done. */
function extend(plans: readonly Plan[], end: number, hand: Hand, { microbatches, numMicrobatches, floorMs }: ShareOutOptions): Plan[] {
  const best = new Map<number, Plan>();
  const sumsFrom = new Map<number, number>();
  for (const before of plans) {
    if (before.end > end) continue;
    let sums = sumsFrom.get(before.end);
    if (sums === undefined) {
      const held = merge(hand.holds, microbatches.slice(before.end, end));
      sumsFrom.set(before.end, (sums = Math.max(0, countSubtrees(held, numMicrobatches) - hand.numFree)));
    }
    const ms = Math.max(floorMs, (hand.numAhead + end - before.end) * hand.ms);
    const plan = { end, ms: Math.max(before.ms, ms), unevenness: before.unevenness + ms ** 2, numSums: before.numSums + sums, before };
    const known = best.get(plan.numSums);
    // Of two that are as good the earlier hand gets more: nothing is moved for nothing.
    if (!known || plan.ms < known.ms || (plan.ms === known.ms && plan.unevenness <= known.unevenness)) best.set(plan.numSums, plan);
  }
  let leastMs = Infinity;
  return [...best.values()].sort((a, b) => a.numSums - b.numSums).filter(({ ms }) => ms < leastMs && ((leastMs = ms), true));
}

function merge(holds: readonly number[], share: readonly number[]): readonly number[] {
  return holds.length === 0 ? share : [...new Set([...holds, ...share])].sort((a, b) => a - b);
}

/** For each hand, where its part may end: where all are done at the same time, or at a subtree of any size next to that. */
function listEnds(options: ShareOutOptions): number[][] {
  const { microbatches, hands, numMicrobatches } = options;
  const total = microbatches.length;
  let even = 0;
  return takeEvenly(hands, total).map((takes, index) => {
    even += takes;
    if (index === hands.length - 1) return [total];
    const leaf = microbatches[even] ?? numMicrobatches;
    const ends = new Set([even]);
    for (let width = 2; width <= 2 ** rootLevel(numMicrobatches); width *= 2) {
      for (const edge of [leaf - (leaf % width), leaf - (leaf % width) + width]) ends.add(countBelow(microbatches, edge));
    }
    return [...ends].sort((a, b) => a - b);
  });
}

function countBelow(microbatches: readonly number[], edge: number): number {
  const index = microbatches.findIndex((microbatch) => microbatch >= edge);
  return index === -1 ? microbatches.length : index;
}

type Pace = Pick<Hand, 'ms' | 'numAhead'>;

/** Milliseconds until the last of so many microbatches is done, when each goes to whoever is done with it first. */
export function timeEvenly(paces: readonly Pace[], count: number): number {
  return takeEvenly(paces, count).reduce((longest, takes, index) => Math.max(longest, (paces[index]!.numAhead + takes) * paces[index]!.ms), 0);
}

/** How many each takes when every microbatch goes to whoever is done with it first. */
function takeEvenly(paces: readonly Pace[], count: number): number[] {
  const takes = paces.map(() => 0);
  const doneMs = (index: number): number => (paces[index]!.numAhead + takes[index]! + 1) * paces[index]!.ms;
  for (let i = 0; i < count; i++) {
    let next = 0;
    for (let index = 1; index < paces.length; index++) if (doneMs(index) < doneMs(next)) next = index;
    takes[next]! += 1;
  }
  return takes;
}
