// What a worker has been told and what it does next, as a pure function (state, event) -> (state, effects) and a choice of the next task.
// Arrays, connections and the compute thread are outside: of chunks only their places are known here.

import { maxWaiting } from '../../shared/protocol/lag.js';
import type { Message } from '../../shared/protocol/messages.js';

export interface LoopConfig {
  /** Elements of the flat gradient, and of a whole state. */
  readonly gradientLength: number;
  readonly stateLength: number;
  /** Steps after the one in progress that may be leased. */
  readonly lookaheadSteps: number;
}

export type Order = { readonly type: 'load'; readonly step: number; readonly source: 'seed' | 'transfer' } | Message<'commit'> | Message<'sendState'> | Message<'sendDigest'>;

interface Average {
  readonly offsets: ReadonlySet<number>;
  readonly received: number;
}

export interface LoopState {
  readonly config: LoopConfig;
  /** Last step applied; undefined without a state. */
  readonly step: number | undefined;
  /** Loads, commits and requests for the state, in the order they came: a state is asked for as of the commit before. */
  readonly orders: readonly Order[];
  /** Last step that it was told of as committed; undefined before the first beginning of one without a state. */
  readonly told: number | undefined;
  readonly incoming: { readonly transfer: number; readonly step: number; readonly received: number } | undefined;
  readonly averages: ReadonlyMap<number, Average>;
  /** Counts `begin` messages: what was under way before the last one does not count. */
  readonly beginning: number;
  readonly isDraining: boolean;
  /** The coordinator wants nothing more of a worker that leaves. */
  readonly isReleased: boolean;
  readonly isClosed: boolean;
  /** A gradient was not finite: no more are computed. */
  readonly isHalted: boolean;
}

export type LoopEvent =
  | Message<'begin'> | Message<'commit'> | Message<'sendState'> | Message<'sendDigest'> | Message<'forget'> | Message<'release'>
  | { readonly type: 'stateChunk'; readonly transfer: number; readonly offset: number; readonly total: number; readonly length: number }
  | { readonly type: 'averageChunk'; readonly step: number; readonly offset: number; readonly total: number; readonly length: number }
  /** The first order is being carried out. */
  | { readonly type: 'taken' }
  /** A state was loaded or a commit applied that began after so many beginnings. */
  | { readonly type: 'loaded' | 'applied'; readonly step: number; readonly beginning: number }
  | { readonly type: 'halt' | 'drain' | 'close' };

export type LoopEffect =
  /** Leases, sums and averages of before do not count. */
  | { readonly type: 'startOver' }
  /** The chunk belongs to the state, or to the average, that is being received. */
  | { readonly type: 'keepChunk' }
  /** The replica is at a step now: the coordinator is told. */
  | { readonly type: 'synced' | 'applied'; readonly step: number };

export type Task =
  | { readonly type: 'carryOut'; readonly order: Order }
  | { readonly type: 'compute'; readonly step: number }
  /** Nothing to do before the next message. */
  | { readonly type: 'wait' }
  /** Send what is there, and compute no more; the coordinator may still ask for the state. */
  | { readonly type: 'leave'; readonly isReleased: boolean }
  | { readonly type: 'end' };

export interface LoopTransition {
  readonly state: LoopState;
  readonly effects: readonly LoopEffect[];
}

export function createLoopState(config: LoopConfig, step: number | undefined): LoopState {
  return {
    config, step,
    orders: [], told: step, incoming: undefined, averages: new Map(), beginning: 0, isDraining: false, isReleased: false, isClosed: false, isHalted: false,
  };
}

/** States and hashes that may be asked for at a time. */
const MAX_REQUESTS = 100;
/** Commits that may be on their way beyond what the coordinator lets wait. */
const MORE_ON_THE_WAY = 64;

/** One event. Throws on what no coordinator sends. */
export function advanceLoop(state: LoopState, event: LoopEvent): LoopTransition {
  switch (event.type) {
    case 'begin': return { state: startOver(state, event), effects: [{ type: 'startOver' }] };
    case 'commit':
      throwOnCommit(state, event.step);
      return quietly({ ...state, told: event.step, orders: [...state.orders, event] });
    case 'sendState':
    case 'sendDigest':
      throwOnRequest(state);
      return quietly({ ...state, orders: [...state.orders, event] });
    case 'forget': return quietly({ ...state, step: undefined });
    case 'release': return quietly({ ...state, isReleased: true });
    case 'stateChunk': return takeState(state, event);
    case 'averageChunk': return takeAverage(state, event);
    case 'taken': return quietly({ ...state, orders: state.orders.slice(1) });
    case 'loaded':
      return state.isClosed || event.beginning !== state.beginning ? quietly(state) : { state: { ...state, step: event.step }, effects: [{ type: 'synced', step: event.step }] };
    case 'applied': return event.beginning === state.beginning ? apply(state, event.step) : quietly(state);
    case 'halt': return quietly({ ...state, isHalted: true });
    case 'drain': return quietly({ ...state, isDraining: true });
    case 'close': return quietly({ ...state, isClosed: true });
    default: return event satisfies never;
  }
}

function quietly(state: LoopState): LoopTransition {
  return { state, effects: [] };
}

const countCommits = (orders: readonly Order[]): number => orders.filter(({ type }) => type === 'commit').length;

function throwOnCommit({ told, step, orders, config }: LoopState, committed: number): void {
  if (told === undefined || committed !== told + 1) throw new Error(`step ${committed} was committed after ${told ?? 'none'}`);
  // One that is being applied is in the orders no more.
  const waiting = Math.max(countCommits(orders) + 1, step === undefined ? 0 : committed - step);
  if (waiting > maxWaiting(config.gradientLength) + MORE_ON_THE_WAY) throw new Error(`${waiting} steps were committed before it could apply them`);
}

function throwOnRequest({ told, orders }: LoopState): void {
  if (told === undefined) throw new Error('its state was asked for before it had one');
  if (orders.filter(({ type }) => type === 'sendState' || type === 'sendDigest').length >= MAX_REQUESTS) throw new Error(`its state was asked for ${MAX_REQUESTS} times at once`);
}

/** Throws on a lease of a step that is further ahead than the recipe allows. */
export function throwOnFarLease({ told, config }: LoopState, step: number): void {
  if (told === undefined || step > told + 1 + config.lookaheadSteps) throw new Error(`a lease of step ${step} came after step ${told ?? 'none'}`);
}

/** True while it waits for what it was promised: the average of a step that is committed. */
export function isStarved({ orders: [order], step, averages, config }: LoopState): boolean {
  return order?.type === 'commit' && step !== undefined && averages.get(order.step)?.received !== config.gradientLength;
}

function startOver(state: LoopState, { source, step, transfer }: Message<'begin'>): LoopState {
  if (source === 'keep' && step !== state.step) throw new Error(`it is to keep its state of step ${step}, and has that of ${state.step ?? 'none'}`);
  if (source === 'seed' && step !== 0) throw new Error(`step ${step} is to be made from the seed`);
  return {
    ...state,
    told: step,
    step: source === 'keep' ? state.step : undefined,
    orders: source === 'seed' ? [{ type: 'load', step: 0, source }] : [],
    incoming: source === 'transfer' ? { transfer, step, received: 0 } : undefined,
    averages: new Map(),
    beginning: state.beginning + 1,
  };
}

function takeState(state: LoopState, { transfer, offset, total, length }: Extract<LoopEvent, { type: 'stateChunk' }>): LoopTransition {
  const { incoming } = state;
  if (incoming?.transfer !== transfer) return quietly(state);
  const effects: LoopEffect[] = [{ type: 'keepChunk' }];
  const received = incoming.received + length;
  if (total !== state.config.stateLength || offset !== incoming.received || length === 0 || received > total) {
    throw new Error(`${length} numbers at ${offset} of a state of ${total}, expected ${state.config.stateLength} in order`);
  }
  if (received < state.config.stateLength) return { state: { ...state, incoming: { ...incoming, received } }, effects };
  // It comes before the commits that came while it was on its way.
  const load: Order = { type: 'load', step: incoming.step, source: 'transfer' };
  return { state: { ...state, incoming: undefined, orders: [load, ...state.orders] }, effects };
}

function takeAverage(state: LoopState, { step, offset, total, length }: Extract<LoopEvent, { type: 'averageChunk' }>): LoopTransition {
  const { told, orders, config: { gradientLength } } = state;
  // Of steps that its state has, or will have once it is there.
  if (told !== undefined && step <= told - countCommits(orders)) return quietly(state);
  if (told === undefined || step > told + 1) throw new Error(`an average of step ${step} came after step ${told ?? 'none'}`);
  const { offsets, received } = state.averages.get(step) ?? { offsets: new Set<number>(), received: 0 };
  if (offsets.has(offset)) return quietly(state);
  if (total !== gradientLength || length === 0 || Math.max(offset, received) + length > total) {
    throw new Error(`${length} numbers at ${offset} of an average of ${total}, expected ${gradientLength}`);
  }
  const average = { offsets: new Set([...offsets, offset]), received: received + length };
  return { state: { ...state, averages: new Map(state.averages).set(step, average) }, effects: [{ type: 'keepChunk' }] };
}

function apply(state: LoopState, step: number): LoopTransition {
  const averages = new Map(state.averages);
  averages.delete(step);
  return { state: { ...state, step, averages }, effects: [{ type: 'applied', step }] };
}

/** True when others have finished the step: what is left of it here is not needed. */
export function isCommitted({ orders }: LoopState, step: number): boolean {
  return orders.some((order) => order.type === 'commit' && order.step === step);
}

export function nextTask(state: LoopState): Task {
  if (state.isClosed) return { type: 'end' };
  const [order] = state.orders;
  if (order && canCarryOut(state, order)) return { type: 'carryOut', order };
  if (state.isDraining) return { type: 'leave', isReleased: state.isReleased };
  if (state.step === undefined || state.isHalted || isCommitted(state, state.step + 1)) return { type: 'wait' };
  return { type: 'compute', step: state.step + 1 };
}

/** A commit needs the whole average. */
function canCarryOut({ step, averages, config }: LoopState, order: Order): boolean {
  if (order.type === 'load') return true;
  return step !== undefined && (order.type !== 'commit' || averages.get(order.step)?.received === config.gradientLength);
}
