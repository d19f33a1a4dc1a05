// Workers on a virtual clock around the pure machine of a step. They compute, sum along the canonical tree and send partial sums as
// the real ones do; what they send is counted. Those with a prefetcher prepare their data first, in the real one.

import { advance, createMachine, type MachineConfig, type MachineEffect, type MachineEvent, type MachineState } from '../../coordinator/step/machine.js';
import type { Random } from '../../shared/random/random.js';
import type { Preparation } from './prepare.js';
import { canStillMerge, createTreeSum, listLeaves, type TreeSum } from '../../shared/tensors/tree-sum.js';

export interface SimulatedWorker {
  readonly name: string;
  readonly msPerMicrobatch: number;
  /** Leases by step; results are only made for the current step. */
  readonly leases: Map<number, Set<number>>;
  current: { readonly step: number; readonly microbatch: number; readonly untilMs: number } | undefined;
  isHung: boolean;
  /** Its data, where they take time. */
  readonly data: Preparation | undefined;
  /** How much longer its first microbatch takes. */
  readonly firstMs: number;
  /** When it was done with the microbatch before, or could begin the step. */
  freeMs: number;
  numComputed: number;
  /** What it has summed of the current step and not sent yet. */
  tree: TreeSum;
  readonly inTree: Set<number>;
}

export interface World {
  machine: MachineState;
  readonly workers: Map<string, SimulatedWorker>;
  /** Gradients that were computed, by `step/microbatch`. */
  readonly computed: Map<string, number>;
  /** Partial sums that were sent, by step. */
  readonly partials: Map<number, number>;
  /** What the coordinator has of the current step. */
  sum: TreeSum;
  readonly covered: Set<number>;
  readonly commits: { readonly step: number; readonly atMs: number }[];
  readonly lateReports: string[];
  isFinished: boolean;
  /** A microbatch takes up to this much longer or shorter than usual. */
  readonly jitter: number;
  readonly random: Random | undefined;
}

/** Virtual milliseconds between two ticks. */
export const TICK_MS = 50;

export function createWorld(config: MachineConfig, random?: Random, jitter = 0.1): World {
  return {
    machine: createMachine(config, 0), workers: new Map(), computed: new Map(), partials: new Map(), sum: createTreeSum(config.microbatches),
    covered: new Set(), commits: [], lateReports: [], isFinished: false, random, jitter,
  };
}

export function send(world: World, event: MachineEvent, nowMs: number): void {
  const { state, effects } = advance(world.machine, event, nowMs);
  world.machine = state;
  for (const effect of effects) perform(world, effect, nowMs);
}

function perform(world: World, effect: MachineEffect, nowMs: number): void {
  switch (effect.type) {
    case 'grant': {
      const { leases } = world.workers.get(effect.worker)!;
      leases.set(effect.step, new Set([...(leases.get(effect.step) ?? []), ...effect.microbatches]));
      for (const microbatch of effect.microbatches) world.workers.get(effect.worker)!.data?.prefetcher.add(effect.step, { index: microbatch, samples: [], excluded: [] });
      break;
    }
    case 'revoke': {
      const worker = world.workers.get(effect.worker);
      for (const microbatch of effect.microbatches) {
        worker?.leases.get(effect.step)?.delete(microbatch);
        worker?.data?.prefetcher.remove(effect.step, microbatch);
      }
      if (worker) flush(world, worker, nowMs);
      break;
    }
    case 'commit':
      world.commits.push({ step: effect.step, atMs: nowMs });
      for (const worker of world.workers.values()) leaveStep(world, worker, effect.step, nowMs);
      world.sum = createTreeSum(world.machine.config.microbatches);
      world.covered.clear();
      send(world, { type: 'journaled', step: effect.step }, nowMs);
      break;
    case 'late':
      world.lateReports.push(effect.worker);
      break;
    case 'finished':
      world.isFinished = true;
      break;
    default: effect satisfies never;
  }
}

function leaveStep(world: World, worker: SimulatedWorker, step: number, nowMs: number): void {
  worker.leases.delete(step);
  worker.data?.prefetcher.dropUpTo(step);
  worker.freeMs = nowMs;
  worker.tree = createTreeSum(world.machine.config.microbatches);
  worker.inTree.clear();
}

export interface Newcomer {
  readonly name: string;
  readonly msPerMicrobatch: number;
  readonly firstMs: number;
  readonly data: Preparation | undefined;
}

export function join(world: World, name: string, msPerMicrobatch: number, nowMs: number): void {
  joinWith(world, { name, msPerMicrobatch, firstMs: 0, data: undefined }, nowMs);
}

export function joinWith(world: World, newcomer: Newcomer, nowMs: number): void {
  const { name } = newcomer;
  world.workers.set(name, {
    ...newcomer, leases: new Map(), current: undefined, isHung: false, freeMs: nowMs, numComputed: 0,
    tree: createTreeSum(world.machine.config.microbatches), inTree: new Set(),
  });
  send(world, { type: 'join', worker: name }, nowMs);
}

export function kill(world: World, name: string, nowMs: number): void {
  world.workers.get(name)?.data?.prefetcher.clear();
  world.workers.delete(name);
  send(world, { type: 'leave', worker: name }, nowMs);
}

/** Sends what no further gradient of this worker can be summed with, as the step loop does. */
function flush(world: World, worker: SimulatedWorker, nowMs: number): void {
  const step = world.machine.committed + 1;
  const { microbatches } = world.machine.config;
  const isHereOrPending = (leaf: number): boolean =>
    worker.inTree.has(leaf) || worker.current?.microbatch === leaf || worker.leases.get(step)?.has(leaf) === true;
  for (const { node, values } of worker.tree.takeWhere((each) => !canStillMerge(each, microbatches, isHereOrPending))) {
    const leaves = listLeaves(node, microbatches);
    for (const leaf of leaves) worker.inTree.delete(leaf);
    world.partials.set(step, (world.partials.get(step) ?? 0) + 1);
    if (world.sum.insert(node, values)) for (const leaf of leaves) world.covered.add(leaf);
    const lost = leaves.filter((leaf) => !world.covered.has(leaf));
    for (const microbatch of leaves) if (world.covered.has(microbatch)) send(world, { type: 'done', step, microbatch }, nowMs);
    if (lost.length > 0) send(world, { type: 'returned', worker: worker.name, step, microbatches: lost }, nowMs);
  }
}

function complete(world: World, worker: SimulatedWorker, nowMs: number): void {
  const { step, microbatch } = worker.current!;
  const ms = nowMs - worker.freeMs;
  worker.current = undefined;
  worker.freeMs = nowMs;
  worker.numComputed += 1;
  world.computed.set(`${step}/${microbatch}`, (world.computed.get(`${step}/${microbatch}`) ?? 0) + 1);
  // Others finished the step meanwhile: it applies what it has missed, and says so.
  if (step !== world.machine.committed + 1) return send(world, { type: 'alive', worker: worker.name }, nowMs);
  send(world, { type: 'progress', worker: worker.name, step, microbatch, ms }, nowMs);
  if (worker.tree.insert({ level: 0, index: microbatch }, new Float32Array(1))) worker.inTree.add(microbatch);
  flush(world, worker, nowMs);
}

/** The lowest that it holds, or the next that is prepared. */
function takeNext({ data }: SimulatedWorker, step: number, held: ReadonlySet<number>): number | undefined {
  if (!data) return Math.min(...held);
  const microbatch = data.prefetcher.next(step);
  const batch = microbatch === undefined ? undefined : data.prefetcher.take(step, microbatch);
  batch?.release();
  return batch && microbatch;
}

/** Each worker finishes what it has had in hand for long enough, then takes the lowest microbatch it holds of the current step. */
export function work(world: World, nowMs: number): void {
  for (const worker of [...world.workers.values()]) {
    if (worker.isHung) continue;
    if (worker.current && worker.current.untilMs <= nowMs) complete(world, worker, nowMs);
    const step = world.machine.committed + 1;
    const held = worker.leases.get(step);
    if (worker.current || !held || held.size === 0) continue;
    const microbatch = takeNext(worker, step, held);
    if (microbatch === undefined) continue;
    held.delete(microbatch);
    if (!worker.data) worker.freeMs = nowMs;
    const factor = world.random ? world.random.uniform(1 - world.jitter, 1 + world.jitter) : 1;
    worker.current = { step, microbatch, untilMs: nowMs + worker.msPerMicrobatch * factor + (worker.numComputed === 0 ? worker.firstMs : 0) };
  }
}

/** When the next worker is done, or the next tick is due. */
export function nextMs(world: World, nowMs: number): number {
  const ends = [...world.workers.values()].flatMap(({ current, isHung }) => (current && !isHung && current.untilMs > nowMs ? current.untilMs : []));
  return Math.min(...ends, (Math.floor(nowMs / TICK_MS) + 1) * TICK_MS);
}

/** Runs until finished or `limitMs` of virtual time have passed; returns the time it took. `disturb` is called at every tick. */
export function run(world: World, limitMs: number, disturb: (nowMs: number) => void = () => {}, fromMs = 0): number {
  for (let nowMs = fromMs; nowMs < limitMs; nowMs = nextMs(world, nowMs)) {
    const isTick = nowMs % TICK_MS === 0;
    if (isTick) disturb(nowMs);
    work(world, nowMs);
    if (isTick) send(world, { type: 'tick' }, nowMs);
    if (world.isFinished) return nowMs;
  }
  return Infinity;
}
