// The life of steps as a pure function (state, event, now) -> (state, effects): who computes which microbatch, what happens
// when a worker is slow or gone, when a step is committed. Sockets, clocks and disks are outside.
//
// A microbatch may be leased to several workers at once (its first one is late): results are identical, the first wins.
// Leases of the steps after the current one are handed out early so that workers can prepare their data; only the current
// step has deadlines, taken from the measured time of a microbatch.

import { balance, helpLate, leaseOrphans, revokeLater, spreadAhead } from './assign.js';
import {
  closeStep, dropLeases, markAlive, markDone, markProgress, openSteps, withWorker, withoutWorker, type Holding, type MachineConfig, type MachineState,
  type Progress,
} from './state.js';

export type { MachineConfig, MachineState } from './state.js';

export type MachineEvent =
  | { readonly type: 'join'; readonly worker: string }
  | { readonly type: 'leave'; readonly worker: string }
  /** The result of a microbatch is whole: its gradient is in the tree and its counts are known. */
  | { readonly type: 'done'; readonly step: number; readonly microbatch: number }
  /** The worker has computed a microbatch, which took it that long, waiting for data included; its sum may still be on the way. */
  | ({ readonly type: 'progress' } & Progress)
  /** A sum that the worker sent overlaps what others sent before: of these microbatches nothing is on the way any more. */
  | ({ readonly type: 'returned' } & Holding)
  /** The worker has applied a step: it is alive. */
  | { readonly type: 'alive'; readonly worker: string }
  | { readonly type: 'journaled'; readonly step: number }
  /** The step in hand is finished, and no other begins until `continue`. */
  | { readonly type: 'pause' | 'continue' }
  | { readonly type: 'tick' };

export type MachineEffect =
  | ({ readonly type: 'grant' } & Holding)
  | ({ readonly type: 'revoke' } & Holding)
  | ({ readonly type: 'late' } & Holding)
  | { readonly type: 'commit'; readonly step: number }
  | { readonly type: 'finished' };

export interface Transition {
  readonly state: MachineState;
  readonly effects: readonly MachineEffect[];
}

/** A machine whose next step is `committed + 1`, with no workers yet. */
export function createMachine(config: MachineConfig, committed: number): MachineState {
  return openSteps({ config, committed, isCommitting: false, pausedAfter: undefined, workers: new Map(), steps: new Map() });
}

/** One event. Events about closed steps and unknown workers change nothing. */
export function advance(state: MachineState, event: MachineEvent, nowMs: number): Transition {
  if (event.type === 'journaled' && event.step !== state.committed + 1) return { state, effects: [] };
  const effects: MachineEffect[] = [];
  let next = helpLate(take(state, event, nowMs), nowMs, effects);
  if (event.type === 'pause') next = revokeLater(next, effects);
  next = leaseOrphans(next, nowMs, effects);
  next = balance(next, nowMs, effects);
  if (event.type === 'join') next = spreadAhead(next, event.worker, nowMs, effects);
  return { state: commitWhole(next, effects), effects };
}

/** The event alone, before anything follows from it. */
function take(state: MachineState, event: MachineEvent, nowMs: number): MachineState {
  switch (event.type) {
    case 'join': return withWorker(state, event.worker);
    case 'leave': return withoutWorker(state, event.worker);
    case 'done': return markDone(state, event.step, event.microbatch);
    case 'progress': return markProgress(state, event, nowMs);
    case 'returned': return dropLeases(state, event);
    case 'alive': return markAlive(state, event.worker);
    case 'journaled': return closeStep(state, nowMs);
    case 'pause': return pause(state);
    case 'continue': return { ...state, pausedAfter: undefined };
    case 'tick': return state;
    default: return event satisfies never;
  }
}

/** A step of which somebody has, or has had, a part is finished first. */
function pause(state: MachineState): MachineState {
  const slots = state.steps.get(state.committed + 1) ?? [];
  const isInHand = slots.some(({ isDone, leases }) => isDone || leases.length > 0);
  return { ...state, pausedAfter: state.pausedAfter ?? state.committed + (isInHand ? 1 : 0) };
}

/** Commits a step once every microbatch is done, and says when there is no step left. */
function commitWhole(state: MachineState, effects: MachineEffect[]): MachineState {
  const current = state.steps.get(state.committed + 1);
  if (!current) effects.push({ type: 'finished' });
  if (!current || state.isCommitting || !current.every((slot) => slot.isDone)) return state;
  effects.push({ type: 'commit', step: state.committed + 1 });
  return { ...state, isCommitting: true };
}
