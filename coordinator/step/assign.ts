// What follows from who holds what: microbatches that nobody has are leased, late workers are helped, idle ones take from the busiest.
// Pure: each returns the new state and adds to the effects.

import type { MachineEffect } from './machine.js';
import { divide, shareOut, timeEvenly, type Hand, type Share } from './share-out.js';
import {
  addLeases, candidates, dropLeases, indicesWhere, isMeasured, markStalled, msOf, pendingOf, uncomputedOf, type Holding, type MachineState,
  type Slot,
} from './state.js';

/** A worker is late when a microbatch takes this many times its usual time ... */
const LATE_FACTOR = 4;
/** ... and at least this long, so that a hiccup of the machine is no alarm. */
const LATE_FLOOR_MS = 3000;
/** While nobody is measured a microbatch may take so long: the first ones compile, and some models do for minutes. */
const LATE_UNMEASURED_MS = 300_000;
/** Less than this part of the fastest worker's microbatch is within what measured times vary by: no partial sum more for it. */
const LEAST_GAIN = 0.25;

/** Leases what nobody has: each worker a run, as long as its speed and what it has already allow. */
export function leaseOrphans(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  if (state.workers.size === 0) return state;
  for (const [step, slots] of [...state.steps].sort(([a], [b]) => a - b)) {
    if (step > (state.pausedAfter ?? Infinity)) return state;
    const orphans = indicesWhere(slots, ({ isDone, leases }) => !isDone && leases.length === 0);
    if (orphans.length > 0) state = leaseShares(state, step, shareAmongCandidates(state, slots, orphans), nowMs, effects);
  }
  return state;
}

/** Leases a late worker's microbatches of the current step to others as well, and takes those of later steps away from it. */
export function helpLate(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  const step = state.committed + 1;
  for (const worker of state.workers.keys()) {
    const slots = state.steps.get(step);
    if (!slots || candidates(state).every((each) => each === worker)) return state;
    const limitMs = lateAfterMs(state, worker);
    const late = indicesWhere(slots, ({ leases: [lease, ...others] }) =>
      lease?.worker === worker && others.length === 0 && nowMs - lease.sinceMs > limitMs);
    if (late.length === 0) continue;
    effects.push({ type: 'late', worker, step, microbatches: late });
    state = stall(state, worker, effects);
    state = leaseShares(state, step, shareAmongCandidates(state, state.steps.get(step)!, late), nowMs, effects);
  }
  return state;
}

/** A microbatch that takes a worker longer is late. */
export function lateAfterMs(state: MachineState, worker: string): number {
  return isMeasured(state) ? Math.max(LATE_FLOOR_MS, LATE_FACTOR * msOf(state, worker)) : LATE_UNMEASURED_MS;
}

function stall(state: MachineState, worker: string, effects: MachineEffect[]): MachineState {
  for (const [step, slots] of state.steps) {
    const held = pendingOf(slots, worker);
    if (step !== state.committed + 1 && held.length > 0) state = revoke(state, { worker, step, microbatches: held }, effects);
  }
  return markStalled(state, worker);
}

/** A worker with nothing left to compute of the current step takes from whoever has most left, if the step is done sooner so. */
export function balance(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  const step = state.committed + 1;
  for (const idle of candidates(state)) {
    const slots = state.steps.get(step);
    if (slots && uncomputedOf(slots, idle).length === 0) state = takeOver(state, step, idle, nowMs, effects);
  }
  return state;
}

/** A worker that has just joined takes its part of the steps that are leased already. */
export function spreadAhead(state: MachineState, newcomer: string, nowMs: number, effects: MachineEffect[]): MachineState {
  for (const step of state.steps.keys()) {
    if (step > state.committed + 1) state = takeOver(state, step, newcomer, nowMs, effects);
  }
  return state;
}

/** Takes back what is leased of the steps that are not to begin: workers must find nothing to compute. */
export function revokeLater(state: MachineState, effects: MachineEffect[]): MachineState {
  for (const [step, slots] of state.steps) {
    if (step <= (state.pausedAfter ?? Infinity)) continue;
    for (const worker of state.workers.keys()) {
      const microbatches = pendingOf(slots, worker);
      if (microbatches.length > 0) state = revoke(state, { worker, step, microbatches }, effects);
    }
  }
  return state;
}

interface Load {
  readonly worker: string;
  readonly ms: number;
  /** What is left of the microbatch in work, in microbatches. */
  readonly numAhead: number;
  readonly movable: readonly number[];
}

function loadOf(state: MachineState, step: number, worker: string, nowMs: number): Load {
  const slots = state.steps.get(step)!;
  const ms = msOf(state, worker);
  const [first, ...movable] = uncomputedOf(slots, worker);
  if (first === undefined) return { worker, ms, numAhead: 0, movable };
  const { sinceMs } = slots[first]!.leases.find((lease) => lease.worker === worker)!;
  return { worker, ms, numAhead: step > state.committed + 1 ? 1 : Math.max(0, 1 - (nowMs - sinceMs) / ms), movable };
}

/** The end of the busiest worker's run goes to the idle one, as much of it as is best for the step. What is in work is left alone. */
function takeOver(state: MachineState, step: number, idle: string, nowMs: number, effects: MachineEffect[]): MachineState {
  const slots = state.steps.get(step)!;
  const loads = [...state.workers.keys()].map((worker) => loadOf(state, step, worker, nowMs));
  const [busiest] = loads.filter(({ worker, movable }) => worker !== idle && movable.length > 0 && movable.every((index) => slots[index]!.leases.length === 1))
    .sort((a, b) => (b.numAhead + b.movable.length) * b.ms - (a.numAhead + a.movable.length) * a.ms);
  if (!busiest) return state;
  const { worker, movable } = busiest;
  const numFree = step > state.committed + 1 ? 1 : 0;
  const shares = divide({
    microbatches: movable,
    hands: [
      { ...busiest, holds: pendingOf(slots, worker).filter((index) => !movable.includes(index)), numFree },
      { worker: idle, ms: msOf(state, idle), numAhead: 0, holds: [], numFree },
    ],
    numMicrobatches: state.config.microbatches,
    partialMs: partialMsOf(state),
    floorMs: timeEvenly(loads, loads.reduce((sum, load) => sum + load.movable.length, 0)),
  });
  const taken = shares.find((share) => share.worker === idle);
  if (!taken) return state;
  return leaseShares(revoke(state, { ...taken, worker, step }, effects), step, [taken], nowMs, effects);
}

function partialMsOf(state: MachineState): number {
  const leastMs = LEAST_GAIN * Math.min(...[...state.workers.keys()].map((worker) => msOf(state, worker)));
  return isMeasured(state) ? Math.max(leastMs, state.config.partialMs) : leastMs;
}

function shareAmongCandidates(state: MachineState, slots: readonly Slot[], microbatches: readonly number[]): Share[] {
  const numFree = slots.some(({ isDone }) => isDone) ? 0 : 1;
  const hands = candidates(state).map((worker): Hand => ({
    worker, ms: msOf(state, worker), numAhead: uncomputedOf(slots, worker).length, holds: pendingOf(slots, worker), numFree,
  }));
  return shareOut({ microbatches, hands, numMicrobatches: state.config.microbatches, partialMs: partialMsOf(state), floorMs: 0 });
}

function leaseShares(state: MachineState, step: number, shares: readonly Share[], nowMs: number, effects: MachineEffect[]): MachineState {
  for (const share of shares) {
    effects.push({ type: 'grant', step, ...share });
    state = addLeases(state, { step, ...share }, nowMs);
  }
  return state;
}

function revoke(state: MachineState, holding: Holding, effects: MachineEffect[]): MachineState {
  effects.push({ type: 'revoke', ...holding });
  return dropLeases(state, holding);
}
