// A coordinator that says what a test wants, and a worker that takes part with it; nothing is computed.

import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Packr } from 'msgpackr';
import { pino } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import type { LeasedSample } from '../../shared/protocol/messages.js';
import { connect } from '../../worker/client/connect.js';
import type { WorkEnd } from '../../worker/client/options.js';
import type { Session } from '../../worker/client/session.js';
import { takePart } from '../../worker/client/take-part.js';
import type { ComputeClient } from '../../worker/compute/compute-client.js';
import type { PrepareBatch } from '../../worker/data/leased-batch.js';
import { createFakeCompute, LAYOUT, LENGTH } from './fake-site.js';

const packr = new Packr({ useRecords: false });
const RECIPE = { any: 'recipe' };
export const WELCOME = { type: 'welcome', worker: 'w', session: 's', runId: 'r', stage: 1, recipe: RECIPE, numInstances: 5, chunkBytes: 4096, heartbeatMs: 1000 };
export const MICROBATCHES = 2;

/** What a coordinator does to the worker that has connected. */
export type Script = (coordinator: FakeCoordinator) => Promise<void>;

export class FakeCoordinator {
  readonly socket: WebSocket;
  /** Types of all that came. */
  readonly heard: string[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = 'fragments';
    socket.on('message', ([header]: Buffer[]) => this.heard.push((packr.unpack(header!) as { type: string }).type));
  }

  say(message: unknown, numbers?: Float32Array): void {
    this.socket.send(packr.pack(message), { binary: true, fin: numbers === undefined });
    if (numbers) this.socket.send(Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength), { binary: true, fin: true });
  }

  async hear(type: string, tries = 2000): Promise<void> {
    for (let i = 0; i < tries && !this.heard.includes(type); i++) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Greets, and waits until the worker is ready. */
  async greet(): Promise<void> {
    this.say(WELCOME);
    await this.hear('ready');
  }

  /** Gives the worker the state of the seed. */
  async begin(): Promise<void> {
    await this.greet();
    this.say({ type: 'begin', step: 0, source: 'seed', transfer: 1 });
    await this.hear('synced');
  }
}

export interface FakeWork {
  readonly signal?: AbortSignal;
  readonly compute?: ComputeClient;
  /** Default: no data ever come. */
  readonly prepare?: PrepareBatch;
}

/** Resolves with how the worker ended. Nothing has to be built: the session knows the recipe. */
export async function workFor(t: ExecutionContext, script: Script, work: FakeWork = {}): Promise<WorkEnd | undefined> {
  const { signal = new AbortController().signal, compute = createFakeCompute(), prepare = () => new Promise<never>(() => {}) } = work;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    const coordinator = new FakeCoordinator(socket);
    void coordinator.hear('hello').then(() => script(coordinator)).catch(() => {});
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const session = {
    options: { join: url, log: pino({ level: 'silent' }), signal },
    compute, backend: 'fake', replica: { step: undefined },
    data: { prepare, dispose: () => Promise.resolve() },
    built: {
      key: JSON.stringify(['r', 1, RECIPE]), recipe: { exchange: { lookaheadSteps: 2 } }, layout: LAYOUT, stateLength: LENGTH,
      leases: { microbatches: MICROBATCHES, microbatchSize: 1, numInstances: 5 },
    },
  } as unknown as Session;
  return takePart(await connect({ url }), session);
}

export const sampleOf = (instance: number): LeasedSample => ({ position: 0, epoch: 0, sample: 0, item: instance, instance, path: 'x.png', kind: 'image', bytes: 1 });
export const leaseOf = (step: number, index: number, samples: readonly LeasedSample[]): object => ({ type: 'lease', step, microbatches: [{ index, samples, excluded: [] }] });
