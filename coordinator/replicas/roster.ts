// Who takes part, as a pure function (state, event, now) -> (state, effects): a place for every worker that comes, what follows when one
// leaves, and when to look for a state to go on from. Connections, files and the step itself are outside.

import type { StartDecision } from './choose-start.js';
import type { PeerPhase } from './peer.js';

interface Member {
  readonly phase: PeerPhase;
  /** Last step of the state that it came with; undefined when it has none that counts. */
  readonly step: number | undefined;
}

export interface RosterConfig {
  /** The state of step 0 is a checkpoint, which the seed alone does not give. */
  readonly hasInit: boolean;
  /** How long workers that were here may take to come back before their steps are given up. */
  readonly graceMs: number;
}

export interface RosterState {
  readonly config: RosterConfig;
  /** By name, in the order in which they came. */
  readonly members: ReadonlyMap<string, Member>;
  /** Last committed step. */
  readonly committed: number;
  /** A step is in progress: somebody has the state of the last commit, or is getting it. */
  readonly isOpen: boolean;
  /** Where to go on is being looked for. */
  readonly isChoosing: boolean;
  readonly waiting: string | undefined;
  readonly graceUntilMs: number;
}

export type RosterEvent =
  /** With the last step of its state, if it has one of this stage. */
  | { readonly type: 'came'; readonly worker: string; readonly step: number | undefined }
  /** Its model is built. */
  | { readonly type: 'ready'; readonly worker: string }
  /** It has the state that it was sent. */
  | { readonly type: 'synced'; readonly worker: string }
  /** The one that was sending it the state cannot go on. */
  | { readonly type: 'transferFailed'; readonly worker: string }
  /** It computes no more; it may still be connected. */
  | { readonly type: 'dismissed'; readonly worker: string }
  | { readonly type: 'gone'; readonly worker: string }
  /** The step in progress is wrong: it is begun anew. */
  | { readonly type: 'begunAnew' }
  | { readonly type: 'committed'; readonly step: number }
  /** What was found where `choose` asked; steps after the decided one are rolled back already. */
  | { readonly type: 'chosen'; readonly decision: Exclude<StartDecision, { action: 'give up' }> }
  | { readonly type: 'tick' };

export type RosterEffect =
  | { readonly type: 'phase'; readonly worker: string; readonly phase: PeerPhase }
  /** It makes the state from the seed, or keeps the one that it has. */
  | { readonly type: 'begin'; readonly worker: string; readonly source: 'seed' | 'keep'; readonly step: number }
  /** It gets the state from a worker that is in step, or from the checkpoint that was read. */
  | { readonly type: 'fetch' | 'restore'; readonly worker: string; readonly step: number }
  /** It gets what the others have got of the step in progress already. */
  | { readonly type: 'catchUp'; readonly worker: string }
  /** It is in step, and may be given work. */
  | { readonly type: 'join'; readonly worker: string }
  | { readonly type: 'leave'; readonly worker: string }
  /** It is let go, to come again and say which step it is at: with commits on their way to it, only it knows. */
  | { readonly type: 'sendBack'; readonly worker: string }
  | { readonly type: 'open'; readonly step: number; readonly source: 'seed' | 'checkpoint' | 'workers'; readonly workers: number }
  | { readonly type: 'close' }
  /** Look for a state to go on from, beside those of the workers that are named. */
  | { readonly type: 'choose'; readonly ready: readonly { readonly worker: string; readonly step: number | undefined }[] }
  | { readonly type: 'wait'; readonly reason: string };

export interface RosterTransition {
  readonly state: RosterState;
  readonly effects: readonly RosterEffect[];
}

export function createRoster(config: RosterConfig, committed: number, nowMs: number): RosterState {
  return {
    config, committed,
    members: new Map(), isOpen: false, isChoosing: false, waiting: 'no worker is connected', graceUntilMs: nowMs + config.graceMs,
  };
}

/** One event. Events about unknown workers change nothing. */
export function advanceRoster(state: RosterState, event: RosterEvent, nowMs: number): RosterTransition {
  const effects: RosterEffect[] = [];
  return { state: take(state, event, nowMs, effects), effects };
}

/** Workers in a phase, in the order in which they came. */
export function membersIn({ members }: RosterState, ...phases: readonly PeerPhase[]): string[] {
  return [...members].filter(([, { phase }]) => phases.includes(phase)).map(([worker]) => worker);
}

function take(state: RosterState, event: RosterEvent, nowMs: number, effects: RosterEffect[]): RosterState {
  if (event.type === 'came') return withMember(state, event.worker, { phase: 'greeting', step: event.step });
  if (event.type === 'begunAnew') return state.isOpen ? abandon(state, nowMs, effects) : state;
  if (event.type === 'committed') return { ...state, committed: event.step };
  if (event.type === 'tick') return lookForStart(state, effects);
  if (event.type === 'chosen') return start({ ...state, isChoosing: false }, event.decision, effects);
  const { worker } = event;
  const member = state.members.get(worker);
  if (!member) return state;
  switch (event.type) {
    case 'ready': return member.phase === 'greeting' ? admit(move(state, worker, 'standby', effects), worker, effects) : state;
    case 'synced': return member.phase === 'syncing' ? join(state, worker, effects) : state;
    case 'transferFailed': return member.phase === 'syncing' ? admit(move(state, worker, 'standby', effects), worker, effects) : state;
    case 'dismissed': return dismiss(state, worker, nowMs, effects);
    case 'gone': {
      const left = without(dismiss(state, worker, nowMs, effects), worker);
      return left.isOpen && membersIn(left, 'active', 'syncing').length === 0 ? abandon(left, nowMs, effects) : left;
    }
    default: return event satisfies never;
  }
}

function withMember(state: RosterState, worker: string, member: Member): RosterState {
  return { ...state, members: new Map(state.members).set(worker, member) };
}

function without(state: RosterState, worker: string): RosterState {
  const members = new Map(state.members);
  members.delete(worker);
  return { ...state, members };
}

function move(state: RosterState, worker: string, phase: PeerPhase, effects: RosterEffect[]): RosterState {
  effects.push({ type: 'phase', worker, phase });
  return withMember(state, worker, { ...state.members.get(worker)!, phase });
}

// ---- a place for a worker that is ready

/** At once when it is in step, else with a state that somebody has. */
function admit(state: RosterState, worker: string, effects: RosterEffect[]): RosterState {
  if (!state.isOpen) return lookForStart(state, effects);
  if (state.members.get(worker)!.step === state.committed) return begin(state, worker, 'keep', effects);
  if (state.committed === 0 && !state.config.hasInit) return begin(state, worker, 'seed', effects);
  return membersIn(state, 'active').length > 0 ? sendState(state, worker, 'fetch', effects) : state;
}

function begin(state: RosterState, worker: string, source: 'seed' | 'keep', effects: RosterEffect[]): RosterState {
  effects.push({ type: 'begin', worker, source, step: state.committed });
  const receiving = receive(state, worker, effects);
  return source === 'keep' ? join(receiving, worker, effects) : receiving;
}

function sendState(state: RosterState, worker: string, type: 'fetch' | 'restore', effects: RosterEffect[]): RosterState {
  effects.push({ type, worker, step: state.committed });
  return receive(withMember(state, worker, { phase: 'standby', step: undefined }), worker, effects);
}

/** From now on the worker gets what the others get. */
function receive(state: RosterState, worker: string, effects: RosterEffect[]): RosterState {
  const moved = move(state, worker, 'syncing', effects);
  effects.push({ type: 'catchUp', worker });
  return moved;
}

function join(state: RosterState, worker: string, effects: RosterEffect[]): RosterState {
  const moved = move(state, worker, 'active', effects);
  effects.push({ type: 'join', worker });
  // Now there is somebody to get the state from.
  return admitStandby(moved, effects);
}

function admitStandby(state: RosterState, effects: RosterEffect[]): RosterState {
  return membersIn(state, 'standby').reduce((next, worker) => (next.members.get(worker)!.phase === 'standby' ? admit(next, worker, effects) : next), state);
}

// ---- workers leave

function dismiss(state: RosterState, worker: string, nowMs: number, effects: RosterEffect[]): RosterState {
  const wasActive = state.members.get(worker)!.phase === 'active';
  const moved = move(state, worker, 'draining', effects);
  if (!wasActive || !state.isOpen) return moved;
  if (membersIn(moved, 'active').length === 0) return abandon(moved, nowMs, effects);
  effects.push({ type: 'leave', worker });
  return moved;
}

/**
 * Nobody in step is left, or none is to stay: the run waits for someone who comes with the last step, or for the time when those who were
 * here are given up.
 */
function abandon(state: RosterState, nowMs: number, effects: RosterEffect[]): RosterState {
  effects.push({ type: 'close' });
  let next: RosterState = { ...state, isOpen: false, graceUntilMs: nowMs + state.config.graceMs };
  for (const worker of membersIn(state, 'active', 'syncing')) {
    next = move(next, worker, 'draining', effects);
    effects.push({ type: 'sendBack', worker });
  }
  return lookForStart(next, effects);
}

// ---- where to start, when nobody is in step

function lookForStart(state: RosterState, effects: RosterEffect[]): RosterState {
  if (state.isOpen || state.isChoosing) return state;
  effects.push({ type: 'choose', ready: membersIn(state, 'standby').map((worker) => ({ worker, step: state.members.get(worker)!.step })) });
  return { ...state, isChoosing: true };
}

function start(state: RosterState, decision: Exclude<StartDecision, { action: 'give up' }>, effects: RosterEffect[]): RosterState {
  if (decision.action === 'wait') {
    if (decision.reason !== state.waiting) effects.push({ type: 'wait', reason: decision.reason });
    return { ...state, waiting: decision.reason };
  }
  const { step, source } = decision;
  const rolledBack = { ...state, committed: step };
  // Whoever was to begin may have left while a file was read.
  const ready = membersIn(state, 'standby').filter((worker) => source !== 'workers' || state.members.get(worker)!.step === step);
  if (ready.length === 0) return rolledBack;
  effects.push({ type: 'open', step, source, workers: ready.length });
  let next: RosterState = { ...rolledBack, isOpen: true, waiting: undefined };
  for (const worker of ready) {
    if (next.members.get(worker)!.phase !== 'standby') continue;
    next = source === 'checkpoint' ? sendState(next, worker, 'restore', effects) : begin(next, worker, source === 'seed' ? 'seed' : 'keep', effects);
  }
  return admitStandby(next, effects);
}
