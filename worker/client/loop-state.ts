// What a worker has been told and what it does next, as a pure function (state, event) -> (state, effects) and a choice of the next task.
// Arrays, connections and the compute thread are outside: of chunks only their places are known here.

import type { Message } from '../../shared/protocol/messages.js';

export interface LoopConfig {
  /** Elements of the flat gradient, and of a whole state. */
  readonly gradientLength: number;
  readonly stateLength: number;
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
  | { readonly type: 'stateChunk'; readonly transfer: number; readonly length: number }
  | { readonly type: 'averageChunk'; readonly step: number; readonly offset: number; readonly length: number }
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
    orders: [], incoming: undefined, averages: new Map(), beginning: 0, isDraining: false, isReleased: false, isClosed: false, isHalted: false,
  };
}

export function advanceLoop(state: LoopState, event: LoopEvent): LoopTransition {
  switch (event.type) {
    case 'begin': return { state: startOver(state, event), effects: [{ type: 'startOver' }] };
    case 'commit':
    case 'sendState':
    case 'sendDigest': return quietly({ ...state, orders: [...state.orders, event] });
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

function startOver(state: LoopState, { source, step, transfer }: Message<'begin'>): LoopState {
  return {
    ...state,
    step: source === 'keep' ? state.step : undefined,
    orders: source === 'seed' ? [{ type: 'load', step: 0, source }] : [],
    incoming: source === 'transfer' ? { transfer, step, received: 0 } : undefined,
    averages: new Map(),
    beginning: state.beginning + 1,
  };
}

function takeState(state: LoopState, { transfer, length }: Extract<LoopEvent, { type: 'stateChunk' }>): LoopTransition {
  const { incoming } = state;
  if (incoming?.transfer !== transfer) return quietly(state);
  const effects: LoopEffect[] = [{ type: 'keepChunk' }];
  const received = incoming.received + length;
  if (received < state.config.stateLength) return { state: { ...state, incoming: { ...incoming, received } }, effects };
  // It comes before the commits that came while it was on its way.
  const load: Order = { type: 'load', step: incoming.step, source: 'transfer' };
  return { state: { ...state, incoming: undefined, orders: [load, ...state.orders] }, effects };
}

function takeAverage(state: LoopState, { step, offset, length }: Extract<LoopEvent, { type: 'averageChunk' }>): LoopTransition {
  if (state.step !== undefined && step <= state.step) return quietly(state);
  const { offsets, received } = state.averages.get(step) ?? { offsets: new Set<number>(), received: 0 };
  if (offsets.has(offset)) return quietly(state);
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
