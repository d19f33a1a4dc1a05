// A step loop between a channel and a compute thread that are made up.

import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Channel } from '../../shared/protocol/channel.js';
import type { FromWorker, LeasedMicrobatch, Message } from '../../shared/protocol/messages.js';
import { createStepLoop, type LoopMessage, type Replica, type StepLoop } from '../../worker/client/step-loop.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { CallName, ComputeCalls } from '../../worker/compute/protocol.js';

export const LENGTH = 3;
const MICROBATCHES = 6;
export const SEED_STATE = 100;

type Sent = { readonly message: FromWorker; readonly values?: readonly number[] };

export interface Bench {
  readonly loop: StepLoop;
  readonly replica: Replica;
  readonly sent: Sent[];
  /** Messages of a type, as sent. */
  of<Type extends FromWorker['type']>(type: Type): { message: Message<Type>; values: readonly number[] | undefined }[];
  give(message: LoopMessage, values?: readonly number[]): Promise<void>;
  lease(step: number, ...indices: number[]): Promise<void>;
  /** The average of a step in one piece, then its commit. */
  commit(step: number, sum: number, weight?: number): Promise<void>;
  /** Microbatches that were computed, and batches whose buffers are still out. */
  readonly computed: number[];
  readonly numBatchesOut: () => number;
}

interface BenchOptions {
  /** Waited for before a batch is ready, and before a gradient is. */
  readonly holdBatch?: (index: number) => Promise<void> | undefined;
  readonly holdGradient?: (index: number) => Promise<void> | undefined;
  readonly isFinite?: (index: number) => boolean;
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A channel that keeps what is sent. */
function createFakeChannel(sent: Sent[]): Channel<FromWorker> {
  return {
    send: (message) => void sent.push({ message }),
    sendBulk(messageAt, values) {
      sent.push({ message: messageAt(0, values.length), values: [...values] });
      return Promise.resolve();
    },
    flushed: async () => {},
    ping() {},
    close() {},
    terminate() {},
    isOpen: true,
  };
}

/** The state is one number, LENGTH times; an update subtracts the mean; microbatch m has the gradient 10^m. */
export function createBench(t: ExecutionContext, options: BenchOptions = {}): Bench {
  const sent: Sent[] = [];
  const computed: number[] = [];
  let numBatchesOut = 0;
  let state = Number.NaN;
  const handlers: { [Name in CallName]?: (parameters: ComputeCalls[Name]['parameters']) => Promise<ComputeCalls[Name]['result']> | ComputeCalls[Name]['result'] } = {
    load({ state: given }) { state = given ? given[0]! : SEED_STATE; return undefined; },
    async gradient({ input: { microbatch }, gradient }) {
      await options.holdGradient?.(microbatch);
      computed.push(microbatch);
      gradient.fill(10 ** microbatch);
      return { weights: { samples: 1 }, terms: { loss: { sum: microbatch, weight: 1 } }, metrics: {}, isFinite: options.isFinite?.(microbatch) ?? true };
    },
    update({ gradientSum, weights }) { state -= gradientSum[0]! / weights['samples']!; return undefined; },
    save({ state: target }) { target.fill(state); return undefined; },
    digest: () => 'd'.repeat(64),
  };
  const compute: ComputeClient = {
    async call(name, parameters) {
      await settle();
      const result = await handlers[name]!(parameters);
      return { result, ms: 1 };
    },
    dispose: async () => {},
  };
  const replica: Replica = { step: undefined };
  const loop = createStepLoop({
    channel: createFakeChannel(sent), compute, replica, microbatches: MICROBATCHES, prefetch: 8, gradientLength: LENGTH, lookaheadSteps: 2, stateLength: LENGTH,
    log: pino({ level: 'silent' }),
    async prepare({ index }: LeasedMicrobatch) {
      numBatchesOut += 1;
      await options.holdBatch?.(index);
      return {
        arrays: {}, weights: Float32Array.of(1), instances: Int32Array.of(0), unusable: [], samples: [`sample-${index}`],
        release() { numBatchesOut -= 1; },
      };
    },
  });
  loop.done.catch(() => {});
  t.teardown(() => loop.close());
  const bench: Bench = {
    loop, replica, sent, computed,
    numBatchesOut: () => numBatchesOut,
    of: (type) => sent.filter(({ message }) => message.type === type) as never,
    async give(message, values = []) {
      loop.handle(message, Float32Array.from(values));
      await settle();
    },
    lease: (step, ...indices) => bench.give({ type: 'lease', step, microbatches: indices.map((index) => ({ index, samples: [], excluded: [] })) }),
    async commit(step, sum, weight = 1) {
      await bench.give({ type: 'average', step, offset: 0, total: LENGTH }, Array<number>(LENGTH).fill(sum));
      await bench.give({ type: 'commit', step, weights: { samples: weight }, digest: false });
    },
  };
  return bench;
}

export async function createSeeded(t: ExecutionContext, options: BenchOptions = {}): Promise<Bench> {
  const bench = createBench(t, options);
  await bench.give({ type: 'begin', step: 0, source: 'seed', transfer: 1 });
  await until(() => bench.of('synced').length === 1);
  return bench;
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i++) await settle();
  if (!isSo()) throw new Error('it did not come to that');
}

export function createGate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { opened, open };
}

export const partialsOf = (bench: Bench): { node: string; values: readonly number[] }[] =>
  bench.of('partial').map(({ message: { level, index }, values }) => ({ node: `${level}/${index}`, values: values! }));
