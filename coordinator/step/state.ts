// What the step machine knows: workers, and who holds which microbatch of which open step. Pure updates and questions; what is to be
// done about it is decided in machine.ts and assign.ts.

export interface MachineConfig {
  readonly microbatches: number;
  /** Last step of the run. */
  readonly steps: number;
  /** Steps after the current one whose microbatches are leased ahead. */
  readonly lookaheadSteps: number;
  /** What it takes to bring one partial sum to the coordinator, as far as known beforehand. */
  readonly partialMs: number;
}

export interface WorkerView {
  /** Measured time of a microbatch, a moving average; undefined until the first one. */
  readonly msPerMicrobatch: number | undefined;
  /** Late, and nothing done since: it is given nothing new while others are there. */
  readonly isStalled: boolean;
  /** It has computed a microbatch: the first one compiles and fills caches, and says nothing of the others. */
  readonly isWarm: boolean;
  /** It has computed something of the step in progress. */
  readonly isUsed: boolean;
}

export interface Lease {
  readonly worker: string;
  /** When the worker was last seen to make progress on this step, or was granted the lease. */
  readonly sinceMs: number;
  /** The worker has its gradient; the sum that it is part of may still be on the way. */
  readonly isComputed: boolean;
}

export interface Slot {
  readonly leases: readonly Lease[];
  readonly isDone: boolean;
}

export interface MachineState {
  readonly config: MachineConfig;
  readonly committed: number;
  /** True between the decision to commit and the word that the journal has it. */
  readonly isCommitting: boolean;
  /** Nothing of later steps is leased; undefined while the run is not paused. */
  readonly pausedAfter: number | undefined;
  readonly workers: ReadonlyMap<string, WorkerView>;
  /** Slots of every open step, by step number. */
  readonly steps: ReadonlyMap<number, readonly Slot[]>;
}

/** `pausing`: the step in hand is being finished. */
export type PauseState = 'pausing' | 'paused';

export interface Progress {
  readonly worker: string;
  readonly step: number;
  readonly microbatch: number;
  readonly ms: number;
}

const SPEED_SMOOTHING = 0.3;
/** What is left of a worker's measured time at every step for which it is given nothing: it must be measured again some day. */
const UNUSED_AGING = 0.98;
/** A clock that says 0 must not make a worker infinitely fast. */
const LEAST_MS = 0.001;

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): Map<Key, Value> {
  return new Map(map).set(key, value);
}

function withoutLeasesOf(slot: Slot, worker: string): Slot {
  return { ...slot, leases: slot.leases.filter((lease) => lease.worker !== worker) };
}

// ---- questions

/** Microbatches that fulfil a condition. */
export function indicesWhere(slots: readonly Slot[], isSo: (slot: Slot) => boolean): number[] {
  const indices: number[] = [];
  for (let index = 0; index < slots.length; index++) if (isSo(slots[index]!)) indices.push(index);
  return indices;
}

/** What a worker holds and whose result is not in yet. */
export function pendingOf(slots: readonly Slot[], worker: string): number[] {
  return indicesWhere(slots, ({ isDone, leases }) => !isDone && leases.some((lease) => lease.worker === worker));
}

/** What a worker holds and has no gradient of; it works on the first of them. */
export function uncomputedOf(slots: readonly Slot[], worker: string): number[] {
  return indicesWhere(slots, ({ isDone, leases }) => !isDone && leases.some((lease) => lease.worker === worker && !lease.isComputed));
}

export function isMeasured(state: MachineState): boolean {
  return [...state.workers.values()].some(({ msPerMicrobatch }) => msPerMicrobatch !== undefined);
}

/** Mean time of a microbatch over the workers that have been measured; 1 while none has. */
function typicalMs(state: MachineState): number {
  const known = [...state.workers.values()].flatMap(({ msPerMicrobatch }) => msPerMicrobatch ?? []);
  return known.length > 0 ? known.reduce((sum, ms) => sum + ms, 0) / known.length : 1;
}

/** Time that a worker takes for a microbatch; one that is not measured yet counts as typical. */
export function msOf(state: MachineState, worker: string): number {
  return state.workers.get(worker)?.msPerMicrobatch ?? typicalMs(state);
}

/** Workers that may be given something: all but the stalled ones, unless there are no others. */
export function candidates(state: MachineState): string[] {
  const able = [...state.workers].filter(([, view]) => !view.isStalled).map(([worker]) => worker);
  return able.length > 0 ? able : [...state.workers.keys()];
}

/** Nothing is in hand, and nothing is leased before the pause is over. */
export function isAtRest({ committed, pausedAfter }: MachineState): boolean {
  return pausedAfter === committed;
}

// ---- updates

/** Opens the steps that may be leased now. */
export function openSteps(state: MachineState): MachineState {
  const steps = new Map(state.steps);
  const last = Math.min(state.committed + 1 + state.config.lookaheadSteps, state.config.steps);
  for (let step = state.committed + 1; step <= last; step++) {
    if (!steps.has(step)) steps.set(step, Array.from({ length: state.config.microbatches }, () => ({ leases: [], isDone: false })));
  }
  return { ...state, steps };
}

/** The current step is over: the clocks of the next one's leases start. */
export function closeStep(state: MachineState, nowMs: number): MachineState {
  const steps = new Map(state.steps);
  steps.delete(state.committed + 1);
  const next = steps.get(state.committed + 2);
  if (next) {
    steps.set(state.committed + 2, next.map((slot) => ({ ...slot, leases: slot.leases.map((lease) => ({ ...lease, sinceMs: nowMs })) })));
  }
  return openSteps({ ...state, committed: state.committed + 1, isCommitting: false, steps, workers: ageUnused(state.workers) });
}

/** A worker that seemed too slow once is given nothing, and so could never show that it is fast. */
function ageUnused(workers: MachineState['workers']): Map<string, WorkerView> {
  return new Map([...workers].map(([worker, view]) => {
    const aging = view.isUsed ? 1 : UNUSED_AGING;
    return [worker, { ...view, msPerMicrobatch: view.msPerMicrobatch && view.msPerMicrobatch * aging, isUsed: false }];
  }));
}

export function withWorker(state: MachineState, worker: string): MachineState {
  return { ...state, workers: withEntry(state.workers, worker, { msPerMicrobatch: undefined, isStalled: false, isWarm: false, isUsed: false }) };
}

export function withoutWorker(state: MachineState, worker: string): MachineState {
  const workers = new Map(state.workers);
  workers.delete(worker);
  const steps = new Map([...state.steps].map(([step, slots]) => [step, slots.map((slot) => withoutLeasesOf(slot, worker))]));
  return { ...state, workers, steps };
}

export function markDone(state: MachineState, step: number, microbatch: number): MachineState {
  const slots = state.steps.get(step);
  if (!slots?.[microbatch] || slots[microbatch].isDone) return state;
  const touched = slots.map((slot, index): Slot => (index === microbatch ? { leases: [], isDone: true } : slot));
  return { ...state, steps: withEntry(state.steps, step, touched) };
}

function measure({ msPerMicrobatch: before, isWarm }: WorkerView, ms: number): number | undefined {
  if (!isWarm) return undefined;
  return before === undefined ? ms : before + SPEED_SMOOTHING * (ms - before);
}

/** The worker is measured, and the clocks of its leases start anew. */
export function markProgress(state: MachineState, { worker, step, microbatch, ms }: Progress, nowMs: number): MachineState {
  const view = state.workers.get(worker);
  if (!view) return state;
  const workers = withEntry(state.workers, worker, { msPerMicrobatch: measure(view, Math.max(ms, LEAST_MS)), isStalled: false, isWarm: true, isUsed: true });
  const slots = state.steps.get(step)?.map((slot, index): Slot => ({
    ...slot,
    leases: slot.leases.map((lease) => (lease.worker === worker
      ? { worker, sinceMs: nowMs, isComputed: lease.isComputed || index === microbatch }
      : lease)),
  }));
  return { ...state, workers, steps: slots ? withEntry(state.steps, step, slots) : state.steps };
}

export function markAlive(state: MachineState, worker: string): MachineState {
  const view = state.workers.get(worker);
  return view ? { ...state, workers: withEntry(state.workers, worker, { ...view, isStalled: false }) } : state;
}

export function markStalled(state: MachineState, worker: string): MachineState {
  return { ...state, workers: withEntry(state.workers, worker, { ...state.workers.get(worker)!, isStalled: true }) };
}

/** A worker with microbatches of a step: given to it, or taken from it. */
export interface Holding {
  readonly worker: string;
  readonly step: number;
  readonly microbatches: readonly number[];
}

export function addLeases(state: MachineState, { worker, step, microbatches }: Holding, nowMs: number): MachineState {
  const slots = state.steps.get(step)!.map((slot, index) =>
    microbatches.includes(index) ? { ...slot, leases: [...slot.leases, { worker, sinceMs: nowMs, isComputed: false }] } : slot,
  );
  return { ...state, steps: withEntry(state.steps, step, slots) };
}

export function dropLeases(state: MachineState, { worker, step, microbatches }: Holding): MachineState {
  const slots = state.steps.get(step)?.map((slot, index) => (microbatches.includes(index) ? withoutLeasesOf(slot, worker) : slot));
  return slots ? { ...state, steps: withEntry(state.steps, step, slots) } : state;
}
