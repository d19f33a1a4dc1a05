// The life of steps as a pure function (state, event, now) -> (state, effects): who computes which microbatch, what happens
// when a worker is slow or gone, when a step is committed. Sockets, clocks and disks are outside.
//
// A microbatch may be leased to several workers at once (its first one is late): results are identical, the first wins.
// Leases of the steps after the current one are handed out early so that workers can prepare their data; only the current
// step has deadlines, taken from the measured time of a microbatch.

export interface MachineConfig {
  readonly microbatches: number;
  /** Last step of the run. */
  readonly steps: number;
  /** Steps after the current one whose microbatches are leased ahead. */
  readonly lookaheadSteps: number;
}

interface WorkerView {
  /** Measured time of a microbatch, a moving average; undefined until the first one. */
  readonly msPerMicrobatch: number | undefined;
  /** Late, and nothing done since: it is given nothing new while others are there. */
  readonly isStalled: boolean;
}

interface Lease {
  readonly worker: string;
  /** When the worker was last seen to make progress on this step, or was granted the lease. */
  readonly sinceMs: number;
  /** The worker has its gradient; the sum that it is part of may still be on the way. */
  readonly isComputed: boolean;
}

interface Slot {
  readonly leases: readonly Lease[];
  readonly isDone: boolean;
}

export interface MachineState {
  readonly config: MachineConfig;
  readonly committed: number;
  /** True between the decision to commit and the word that the journal has it. */
  readonly isCommitting: boolean;
  readonly workers: ReadonlyMap<string, WorkerView>;
  /** Slots of every open step, by step number. */
  readonly steps: ReadonlyMap<number, readonly Slot[]>;
}

export type MachineEvent =
  | { readonly type: 'join'; readonly worker: string }
  | { readonly type: 'leave'; readonly worker: string }
  /** The result of a microbatch is whole: its gradient is in the tree and its counts are known. */
  | { readonly type: 'done'; readonly step: number; readonly microbatch: number }
  /** The worker has computed a microbatch, which took it that long, waiting for data included; its sum may still be on the way. */
  | { readonly type: 'progress'; readonly worker: string; readonly step: number; readonly microbatch: number; readonly ms: number }
  /** A sum that the worker sent overlaps what others sent before: of these microbatches nothing is on the way any more. */
  | { readonly type: 'returned'; readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }
  /** The worker has applied a step: it is alive. */
  | { readonly type: 'alive'; readonly worker: string }
  | { readonly type: 'journaled'; readonly step: number }
  | { readonly type: 'tick' };

export type MachineEffect =
  | { readonly type: 'grant'; readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }
  | { readonly type: 'revoke'; readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }
  | { readonly type: 'commit'; readonly step: number }
  | { readonly type: 'late'; readonly worker: string; readonly step: number; readonly microbatches: readonly number[] }
  | { readonly type: 'finished' };

export interface Transition {
  readonly state: MachineState;
  readonly effects: readonly MachineEffect[];
}

/** A worker is late when a microbatch takes this many times its usual time ... */
const LATE_FACTOR = 4;
/** ... and at least this long, so that a hiccup of the machine is no alarm. */
const LATE_FLOOR_MS = 3000;
const SPEED_SMOOTHING = 0.3;

/** A machine whose next step is `committed + 1`, with no workers yet. */
export function createMachine(config: MachineConfig, committed: number): MachineState {
  return openSteps({ config, committed, isCommitting: false, workers: new Map(), steps: new Map() });
}

/** One event. Events about closed steps and unknown workers change nothing. */
export function advance(state: MachineState, event: MachineEvent, nowMs: number): Transition {
  switch (event.type) {
    case 'join':
      return settle({ ...state, workers: withEntry(state.workers, event.worker, { msPerMicrobatch: undefined, isStalled: false }) }, nowMs);
    case 'leave':
      return settle(withoutWorker(state, event.worker), nowMs);
    case 'done':
      return settle(markDone(state, event.step, event.microbatch), nowMs);
    case 'progress':
      return settle(markProgress(state, event, nowMs), nowMs);
    case 'returned':
      return settle(dropLeases(state, event.step, event.worker, event.microbatches), nowMs);
    case 'alive':
      return settle(markAlive(state, event.worker), nowMs);
    case 'journaled':
      return event.step === state.committed + 1 ? settle(closeStep(state, nowMs), nowMs) : { state, effects: [] };
    case 'tick':
      return settle(state, nowMs);
  }
}

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): Map<Key, Value> {
  return new Map(map).set(key, value);
}

function openSteps(state: MachineState): MachineState {
  const steps = new Map(state.steps);
  const last = Math.min(state.committed + 1 + state.config.lookaheadSteps, state.config.steps);
  for (let step = state.committed + 1; step <= last; step++) {
    if (!steps.has(step)) steps.set(step, Array.from({ length: state.config.microbatches }, () => ({ leases: [], isDone: false })));
  }
  return { ...state, steps };
}

function withoutWorker(state: MachineState, worker: string): MachineState {
  const workers = new Map(state.workers);
  workers.delete(worker);
  const steps = new Map<number, readonly Slot[]>();
  for (const [step, slots] of state.steps) {
    steps.set(step, slots.map((slot) => ({ ...slot, leases: slot.leases.filter((lease) => lease.worker !== worker) })));
  }
  return { ...state, workers, steps };
}

function markDone(state: MachineState, step: number, microbatch: number): MachineState {
  const slots = state.steps.get(step);
  if (!slots?.[microbatch] || slots[microbatch].isDone) return state;
  const touched = slots.map((slot, index): Slot => (index === microbatch ? { leases: [], isDone: true } : slot));
  return { ...state, steps: withEntry(state.steps, step, touched) };
}

/** The clock of the worker's leases starts anew. */
function markProgress(state: MachineState, event: Extract<MachineEvent, { type: 'progress' }>, nowMs: number): MachineState {
  const { worker, ms } = event;
  const view = state.workers.get(worker);
  if (!view) return state;
  const before = view.msPerMicrobatch ?? ms;
  const workers = withEntry(state.workers, worker, { msPerMicrobatch: before + SPEED_SMOOTHING * (ms - before), isStalled: false });
  const slots = state.steps.get(event.step)?.map((slot, index): Slot => ({
    ...slot,
    leases: slot.leases.map((lease) => (lease.worker === worker
      ? { worker, sinceMs: nowMs, isComputed: lease.isComputed || index === event.microbatch }
      : lease)),
  }));
  return { ...state, workers, steps: slots ? withEntry(state.steps, event.step, slots) : state.steps };
}

function markAlive(state: MachineState, worker: string): MachineState {
  const view = state.workers.get(worker);
  return view ? { ...state, workers: withEntry(state.workers, worker, { ...view, isStalled: false }) } : state;
}

function closeStep(state: MachineState, nowMs: number): MachineState {
  const steps = new Map(state.steps);
  steps.delete(state.committed + 1);
  const next = steps.get(state.committed + 2);
  if (next) {
    steps.set(state.committed + 2, next.map((slot) => ({ ...slot, leases: slot.leases.map((lease) => ({ ...lease, sinceMs: nowMs })) })));
  }
  return openSteps({ ...state, committed: state.committed + 1, isCommitting: false, steps });
}

/** Everything that follows from a state: commit what is complete, lease what nobody has, help where a worker is late or behind. */
function settle(before: MachineState, nowMs: number): Transition {
  const effects: MachineEffect[] = [];
  let state = helpLate(before, nowMs, effects);
  state = leaseOrphans(state, nowMs, effects);
  state = balance(state, nowMs, effects);
  const current = state.steps.get(state.committed + 1);
  if (!current) {
    effects.push({ type: 'finished' });
  } else if (!state.isCommitting && current.every((slot) => slot.isDone)) {
    effects.push({ type: 'commit', step: state.committed + 1 });
    state = { ...state, isCommitting: true };
  }
  return { state, effects };
}

function speedOf(state: MachineState, worker: string): number {
  const known = [...state.workers.values()].flatMap((view) => view.msPerMicrobatch ?? []);
  const typical = known.length > 0 ? known.reduce((sum, ms) => sum + ms, 0) / known.length : 1;
  return state.workers.get(worker)?.msPerMicrobatch ?? typical;
}

/** Workers that may be given something: all but the stalled ones, unless there are no others. */
function candidates(state: MachineState): string[] {
  const able = [...state.workers].filter(([, view]) => !view.isStalled).map(([worker]) => worker);
  return able.length > 0 ? able : [...state.workers.keys()];
}

function pendingOf(slots: readonly Slot[], worker: string): number[] {
  return slots.flatMap((slot, index) => (!slot.isDone && slot.leases.some((lease) => lease.worker === worker) ? [index] : []));
}

function grant(state: MachineState, step: number, worker: string, microbatches: readonly number[], nowMs: number): MachineState {
  const slots = state.steps.get(step)!.map((slot, index) =>
    microbatches.includes(index) ? { ...slot, leases: [...slot.leases, { worker, sinceMs: nowMs, isComputed: false }] } : slot,
  );
  return { ...state, steps: withEntry(state.steps, step, slots) };
}

/** Leases what nobody has: each worker a contiguous run, as long as its speed and what it has already allow. */
function leaseOrphans(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  for (const [step, slots] of [...state.steps].sort(([a], [b]) => a - b)) {
    const orphans = slots.flatMap((slot, index) => (!slot.isDone && slot.leases.length === 0 ? [index] : []));
    if (orphans.length === 0 || state.workers.size === 0) continue;
    for (const [worker, share] of shareOut(state, slots, orphans)) {
      state = grant(state, step, worker, share, nowMs);
      effects.push({ type: 'grant', worker, step, microbatches: share });
    }
  }
  return state;
}

function shareOut(state: MachineState, slots: readonly Slot[], orphans: readonly number[]): [string, number[]][] {
  const loads = candidates(state).map((worker) => ({
    worker,
    ms: speedOf(state, worker),
    had: pendingOf(slots, worker).length,
    takes: 0,
  }));
  for (let i = 0; i < orphans.length; i++) {
    const next = loads.reduce((best, load) => ((load.had + load.takes + 1) * load.ms < (best.had + best.takes + 1) * best.ms ? load : best));
    next.takes += 1;
  }
  let first = 0;
  return loads.flatMap(({ worker, takes }): [string, number[]][] => {
    const share = orphans.slice(first, (first += takes));
    return share.length > 0 ? [[worker, share]] : [];
  });
}

function lateAfterMs(state: MachineState, worker: string): number {
  const isMeasured = [...state.workers.values()].some((view) => view.msPerMicrobatch !== undefined);
  return isMeasured ? Math.max(LATE_FLOOR_MS, LATE_FACTOR * speedOf(state, worker)) : Infinity;
}

/** Leases a late worker's microbatches of the current step to others as well, and takes those of later steps away from it. */
function helpLate(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  const step = state.committed + 1;
  for (const worker of state.workers.keys()) {
    const slots = state.steps.get(step);
    if (!slots || candidates(state).every((each) => each === worker)) return state;
    const limitMs = lateAfterMs(state, worker);
    const late = slots.flatMap(({ leases: [lease, ...others] }, index) =>
      lease?.worker === worker && others.length === 0 && nowMs - lease.sinceMs > limitMs ? [index] : []);
    if (late.length === 0) continue;
    effects.push({ type: 'late', worker, step, microbatches: late });
    state = stall(state, worker, effects);
    for (const [helper, share] of shareOut(state, state.steps.get(step)!, late)) {
      state = grant(state, step, helper, share, nowMs);
      effects.push({ type: 'grant', worker: helper, step, microbatches: share });
    }
  }
  return state;
}

function stall(state: MachineState, worker: string, effects: MachineEffect[]): MachineState {
  const steps = new Map(state.steps);
  for (const [step, slots] of state.steps) {
    const held = pendingOf(slots, worker);
    if (step === state.committed + 1 || held.length === 0) continue;
    effects.push({ type: 'revoke', worker, step, microbatches: held });
    steps.set(step, slots.map((slot) => ({ ...slot, leases: slot.leases.filter((lease) => lease.worker !== worker) })));
  }
  return { ...state, steps, workers: withEntry(state.workers, worker, { ...state.workers.get(worker)!, isStalled: true }) };
}

/** A worker with nothing left of the current step takes the last microbatch of whoever has most left, if it will be done sooner so. */
function balance(state: MachineState, nowMs: number, effects: MachineEffect[]): MachineState {
  const step = state.committed + 1;
  for (const idle of candidates(state)) {
    const slots = state.steps.get(step);
    if (!slots || pendingOf(slots, idle).length > 0) continue;
    const loads = [...state.workers.keys()].map((worker) => ({ worker, pending: untouchedOf(slots, worker) }));
    const most = loads.reduce((best, load) => (load.pending.length > best.pending.length ? load : best));
    const taken = most.pending.at(-1);
    if (most.pending.length < 2 || taken === undefined || slots[taken]!.leases.length > 1) continue;
    if (speedOf(state, idle) >= most.pending.length * speedOf(state, most.worker)) continue;
    state = dropLeases(state, step, most.worker, [taken]);
    effects.push({ type: 'revoke', worker: most.worker, step, microbatches: [taken] });
    state = grant(state, step, idle, [taken], nowMs);
    effects.push({ type: 'grant', worker: idle, step, microbatches: [taken] });
  }
  return state;
}

/** What a worker holds and has no gradient of; the first of them is in its hands. */
function untouchedOf(slots: readonly Slot[], worker: string): number[] {
  return slots.flatMap(({ isDone, leases }, index) => (!isDone && leases.some((lease) => lease.worker === worker && !lease.isComputed) ? [index] : []));
}

function dropLeases(state: MachineState, step: number, worker: string, microbatches: readonly number[]): MachineState {
  const slots = state.steps.get(step)?.map((slot, index) =>
    microbatches.includes(index) ? { ...slot, leases: slot.leases.filter((lease) => lease.worker !== worker) } : slot,
  );
  return slots ? { ...state, steps: withEntry(state.steps, step, slots) } : state;
}
