// A worker's steps over one connection: leases in, partial sums out, averages in, updates. Leaves out the connection itself,
// the data (prefetcher) and the arithmetic (compute thread). What the replica holds outlives the loop.

import type { Logger } from 'pino';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Channel } from '../../shared/protocol/channel.js';
import type { FromCoordinator, FromWorker, Message, Phases } from '../../shared/protocol/messages.js';
import { canStillMerge, createTreeSum, leavesOf, type TreeSum } from '../../shared/tensors/tree-sum.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { sharedFloats } from '../compute/protocol.js';
import type { LeasedBatch, PrepareBatch } from '../data/leased-batch.js';
import { createPrefetcher } from '../data/prefetcher.js';

/** What a worker holds between connections. */
export interface Replica {
  /** Last step applied; undefined without a state. */
  step: number | undefined;
}

export interface StepLoopOptions {
  readonly channel: Channel<FromWorker>;
  readonly compute: ComputeClient;
  readonly replica: Replica;
  readonly prepare: PrepareBatch;
  readonly microbatches: number;
  /** Batches prepared ahead. */
  readonly prefetch: number;
  /** Elements of the flat gradient, and of a whole state. */
  readonly gradientLength: number;
  readonly stateLength: number;
  readonly log: Logger;
}

export type LoopMessage = Exclude<FromCoordinator, { type: 'welcome' }>;

export interface StepLoop {
  handle(message: LoopMessage, payload: Float32Array): void;
  /** Resolves once the loop has ended; rejects with what the compute thread or the data could not do. */
  readonly done: Promise<void>;
  /** Finishes the microbatch in hand and ends. */
  drain(): void;
  /** Ends as soon as the call in progress returns. */
  close(): void;
}

interface Average {
  readonly values: Float32Array;
  readonly offsets: Set<number>;
  received: number;
}

type Order = { readonly type: 'load'; readonly step: number; readonly state?: Float32Array } | Message<'commit'> | Message<'sendState'>;
type PhaseName = keyof Phases;

const noPhases = (): Record<PhaseName, number> => ({ dataWaitMs: 0, computeMs: 0, exchangeMs: 0, updateMs: 0 });

export function createStepLoop(options: StepLoopOptions): StepLoop {
  const { channel, compute, replica, microbatches, log } = options;
  const prefetcher = createPrefetcher(options.prepare, options.prefetch, () => wake());
  const freeGradients: Float32Array[] = [];
  const freeAverages: Float32Array[] = [];
  const averages = new Map<number, Average>();
  /** Loads, commits and requests for the state, in the order they came: a state is asked for as of the commit before. */
  let orders: Order[] = [];
  let incoming: { transfer: number; step: number; state: Float32Array; received: number } | undefined;
  let tree: TreeSum = createTreeSum(microbatches, free);
  /** Microbatches whose gradient is in the tree, not sent yet. */
  const inTree = new Set<number>();
  let phases = noPhases();
  /** Counts `begin` messages: what was under way before the last one does not count. */
  let beginning = 0;
  let isClosed = false;
  let isDraining = false;
  let isHalted = false;
  let lapStartMs = performance.now();
  let wake: () => void = () => {};

  function free(gradient: Float32Array): void {
    freeGradients.push(gradient);
  }

  function handle(message: LoopMessage, payload: Float32Array): void {
    switch (message.type) {
      case 'begin': handleBegin(message); break;
      case 'state': handleState(message, payload); break;
      case 'lease':
        for (const lease of message.microbatches) prefetcher.add(message.step, lease);
        break;
      case 'revoke':
        for (const microbatch of message.microbatches) prefetcher.remove(message.step, microbatch);
        flush();
        break;
      case 'average': handleAverage(message, payload); break;
      case 'commit':
      case 'sendState': orders.push(message); break;
      case 'forget': replica.step = undefined; break;
      default: message satisfies never;
    }
    wake();
  }

  function handleBegin({ source, step, transfer }: Message<'begin'>): void {
    beginning += 1;
    prefetcher.clear();
    averages.clear();
    orders = [];
    incoming = undefined;
    if (source === 'seed') orders.push({ type: 'load', step: 0 });
    if (source === 'transfer') incoming = { transfer, step, state: sharedFloats(options.stateLength), received: 0 };
    if (source !== 'keep') replica.step = undefined;
    startTree();
  }

  function handleState({ transfer, offset }: Message<'state'>, values: Float32Array): void {
    if (incoming?.transfer !== transfer) return;
    incoming.state.set(values, offset);
    incoming.received += values.length;
    if (incoming.received < options.stateLength) return;
    // It comes before the commits that came while it was on its way.
    orders.unshift({ type: 'load', step: incoming.step, state: incoming.state });
    incoming = undefined;
  }

  function handleAverage({ step, offset }: Message<'average'>, values: Float32Array): void {
    if (replica.step !== undefined && step <= replica.step) return;
    let average = averages.get(step);
    if (!average) averages.set(step, (average = { values: freeAverages.pop() ?? sharedFloats(options.gradientLength), offsets: new Set(), received: 0 }));
    if (average.offsets.has(offset)) return;
    average.offsets.add(offset);
    average.values.set(values, offset);
    average.received += values.length;
  }

  function startTree(): void {
    tree = createTreeSum(microbatches, free);
    inTree.clear();
  }

  // ---- what to do next

  /** Time since the last microbatch was done, or since the step could begin. */
  function takeLap(): number {
    const nowMs = performance.now();
    const ms = nowMs - lapStartMs;
    lapStartMs = nowMs;
    return ms;
  }

  async function timed<Result>(phase: PhaseName, work: Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    try {
      return await work;
    } finally {
      phases[phase] += performance.now() - startedMs;
    }
  }

  async function run(): Promise<void> {
    while (!isClosed) {
      const order = takeOrder();
      if (order) await carryOut(order);
      else if (isDraining) return leave();
      else await computeNext();
    }
  }

  function leave(): void {
    prefetcher.clear();
    flush();
  }

  /** The first order, when it can be carried out: a commit needs the whole average. */
  function takeOrder(): Order | undefined {
    const [order] = orders;
    if (!order) return undefined;
    if (order.type === 'load') return orders.shift();
    if (replica.step === undefined) return undefined;
    if (order.type === 'commit' && averages.get(order.step)?.received !== options.gradientLength) return undefined;
    return orders.shift();
  }

  async function carryOut(order: Order): Promise<void> {
    switch (order.type) {
      case 'load': return load(order.step, order.state);
      case 'commit': return apply(order);
      case 'sendState': return sendState(order.id);
      default: return order satisfies never;
    }
  }

  async function load(step: number, state: Float32Array | undefined): Promise<void> {
    const began = beginning;
    await compute.call('load', state ? { state } : {});
    if (isClosed || began !== beginning) return;
    replica.step = step;
    phases = noPhases();
    log.info({ step }, state ? 'state loaded' : 'state made from the seed');
    takeLap();
    channel.send({ type: 'synced', step });
  }

  async function apply({ step, weights, digest: isDigestDue }: Message<'commit'>): Promise<void> {
    if (replica.step !== step - 1) throw new PretextError('BAD_STATE', `Step ${step} was committed, but this replica is at step ${replica.step}.`);
    prefetcher.dropUpTo(step);
    const began = beginning;
    await timed('updateMs', compute.call('update', { step, gradientSum: averages.get(step)!.values, weights }));
    if (began !== beginning) return;
    replica.step = step;
    freeAverages.push(averages.get(step)!.values);
    averages.delete(step);
    startTree();
    const digest = isDigestDue ? (await timed('updateMs', compute.call('digest', {}))).result : undefined;
    takeLap();
    channel.send({ type: 'applied', step, phases, ...dropUndefined({ digest }) });
    phases = noPhases();
  }

  async function sendState(id: number): Promise<void> {
    const state = sharedFloats(options.stateLength);
    await timed('exchangeMs', compute.call('save', { state }));
    const step = replica.step!;
    void channel.sendBulk((offset, total) => ({ type: 'snapshot', id, step, offset, total }), state);
  }

  async function computeNext(): Promise<void> {
    const step = replica.step === undefined ? undefined : replica.step + 1;
    const microbatch = step === undefined || isHalted || isCommitted(step) ? undefined : prefetcher.next(step);
    const batch = microbatch === undefined ? undefined : prefetcher.take(step!, microbatch);
    if (batch) return computeGradient(step!, microbatch!, batch);
    await timed(microbatch === undefined ? 'exchangeMs' : 'dataWaitMs', new Promise<void>((resolve) => { wake = resolve; }));
  }

  /** Others have finished the step; what is left of it here is not needed. */
  function isCommitted(step: number): boolean {
    return orders.some((order) => order.type === 'commit' && order.step === step);
  }

  async function computeGradient(step: number, microbatch: number, batch: LeasedBatch): Promise<void> {
    const gradient = freeGradients.pop() ?? sharedFloats(options.gradientLength);
    const { arrays, weights, unusable } = batch;
    const began = beginning;
    inTree.add(microbatch);
    const { result } = await timed('computeMs', compute.call('gradient', { input: { step, microbatch, arrays, weights }, gradient }));
    batch.release();
    if (isClosed || began !== beginning || isCommitted(step)) return free(gradient);
    if (!result.isFinite) return reportNonFinite(step, microbatch, batch.samples);
    const { weights: counted, terms, metrics } = result;
    channel.send({ type: 'computed', step, microbatch, weights: counted, terms: { ...terms }, metrics: { ...metrics }, unusable: [...unusable], ms: takeLap() });
    tree.insert({ level: 0, index: microbatch }, gradient);
    flush();
  }

  /** Computes no more, but still hands over its state, which is whole: the coordinator saves it and ends the run. */
  function reportNonFinite(step: number, microbatch: number, samples: readonly string[]): void {
    isHalted = true;
    const message = `The loss or gradient of step ${step}, microbatch ${microbatch} is not a finite number. Its samples: ${samples.join(', ')}.`;
    channel.send({ type: 'failed', code: 'NON_FINITE', message: message.slice(0, 4000), step, final: true });
  }

  /** Sends what no further gradient of this worker can be summed with. */
  function flush(): void {
    const step = replica.step === undefined ? undefined : replica.step + 1;
    if (step === undefined) return;
    const isHereOrPending = (leaf: number): boolean => inTree.has(leaf) || prefetcher.has(step, leaf);
    for (const { node, values } of tree.takeWhere((each) => !canStillMerge(each, microbatches, isHereOrPending))) {
      const { start, end } = leavesOf(node, microbatches);
      for (let leaf = start; leaf < end; leaf++) inTree.delete(leaf);
      const { level, index } = node;
      void channel.sendBulk((offset, total) => ({ type: 'partial', step, level, index, offset, total }), values).then(() => free(values));
    }
  }

  const done = run().finally(() => {
    isClosed = true;
    prefetcher.clear();
  });

  return {
    handle,
    done,
    drain() {
      isDraining = true;
      wake();
    },
    close() {
      isClosed = true;
      wake();
    },
  };
}
