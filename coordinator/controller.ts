// A stage of the run: what workers' messages and the clock set going. Leaves out who takes part and with which state (replicas/), the
// step (step/), how it ends (stage-end.ts), sockets' set-up, files' formats and all arithmetic.

import type { WebSocket } from 'ws';
import { chunkLengthOf } from '../shared/protocol/channel.js';
import type { FromWorker, Message } from '../shared/protocol/messages.js';
import { stateLengthOf } from '../shared/state/wire.js';
import { createCheckpointStore } from './checkpoints/store.js';
import type { ControllerOptions } from './controller-options.js';
import { admit } from './door.js';
import { isOfThisVersion } from './replicas/check-version.js';
import { Membership } from './replicas/membership.js';
import type { Peer } from './replicas/peer.js';
import { Reports } from './replicas/reports.js';
import { SecondOpinion } from './replicas/second-opinion.js';
import { createStateSaver, type StateSaver } from './replicas/state-saver.js';
import { createTransfers, type Transfers } from './replicas/transfers.js';
import { Verdicts } from './replicas/verdicts.js';
import { createLagWatch, dropIdle, dropSilent, dropStrangers, type LagWatch } from './replicas/watch.js';
import { StageEnd, type RunOutcome } from './stage-end.js';
import { StageOperations } from './stage-operations.js';
import { StepDriver } from './step/driver.js';
import { createHoldupWatch } from './step/holdup.js';
import type { StepTotals } from './step/record.js';

export type { ControllerOptions } from './controller-options.js';
export type { RunOutcome } from './stage-end.js';

export interface Controller {
  addSocket(socket: WebSocket, address: string): void;
  /** Call a few times a second: deadlines, heartbeats, grace. */
  tick(): void;
  /** Saves a checkpoint if it can, then lets the workers go; they may come back to a restarted coordinator. */
  stop(): Promise<void>;
  /** Saves what it can, and ends with the error. */
  fail(error: unknown): void;
  readonly committed: number;
  readonly peers: ReadonlySet<Peer>;
  readonly operations: StageOperations;
  /** The workers are still connected then. */
  readonly finished: Promise<RunOutcome>;
  /** Lets the workers go once the stage is finished. */
  release(code: number, reason: string): void;
}

export function createController(options: ControllerOptions): Controller {
  return new StageController(options);
}

class StageController implements Controller {
  readonly peers = new Set<Peer>();
  readonly operations: StageOperations;
  readonly fail = (error: unknown): void => this.#end.fail(error);
  readonly #options: ControllerOptions;
  readonly #tookPart = new Set<string>();
  readonly #transfers: Transfers;
  readonly #reports: Reports;
  readonly #verdicts: Verdicts;
  readonly #lags: LagWatch;
  readonly #driver: StepDriver;
  readonly #membership: Membership;
  readonly #saver: StateSaver;
  readonly #opinion: SecondOpinion;
  readonly #end: StageEnd;
  readonly #lookAtHoldup: () => void;
  #lastPingMs: number;
  /** What everybody is told who comes after the end. */
  #goodbye: Parameters<Controller['release']> | undefined;

  constructor(options: ControllerOptions) {
    const { emit, journal, layout } = options;
    const { peers } = this;
    const stateLength = stateLengthOf(layout);
    const transfers = createTransfers({
      stateLength, chunkLength: chunkLengthOf(options.chunkBytes), now: options.now,
      witnessesOf: (source) => (options.digestEverySteps > 0 ? this.#membership.witnessesOf(source) : []),
      microbatchMsOf: ({ id }) => this.#driver.microbatchMsOf(id),
      onOutlier: (peer, step) => this.#reports.sendBack(peer, step),
    });
    this.#options = options;
    this.#lastPingMs = options.now();
    const driver = new StepDriver({
      ...options,
      peers, onError: this.fail,
      gradientLength: layout.gradientLength,
      reducer: 'treeSum',
      onCommit: (step, totals) => this.#handleCommit(step, totals),
      onSamples: (peer, samples) => this.#handleSamples(peer, samples),
      onOverflow: (peer, step) => this.#reports.handleOverflow(peer, step),
      onFinished: () => this.#end.handleLastCommit(),
      onAudited: (step, findings) => this.#verdicts.handle(step, findings),
    });
    const checkpoints = createCheckpointStore({
      folder: options.checkpoints, keep: options.checkpointKeep, metadata: options.metadata, journal, makeFirst: options.makeFirst,
      onRejected: (step, path, reason) => emit({ type: 'checkpointRejected', step, path, reason }),
    });
    const membership = new Membership({
      ...options, numInstances: options.plan.numInstances,
      checkpoints, peers, driver, transfers, onError: this.fail,
      settled: async () => void (await Promise.all([driver.settled(), this.#saver.settled()])),
      save: () => this.#save(),
      onJoin: (peer) => this.#handleJoin(peer),
    });
    const saver = createStateSaver({
      transfers, emit, stateLength,
      pickSource: () => membership.pickSource(),
      committed: () => driver.committed,
      write: (step, saved) => checkpoints.write(step, layout, saved),
    });
    this.#opinion = new SecondOpinion({ ...options, peers, driver, membership, isOver: () => this.#end.isOver });
    this.#lags = createLagWatch(layout.gradientLength, options.log);
    this.#driver = driver;
    this.#membership = membership;
    this.#saver = saver;
    this.#transfers = transfers;
    this.#lookAtHoldup = createHoldupWatch((patienceMs) => driver.describeHoldup(patienceMs), (reason) => emit({ type: 'standing', reason }));
    this.#reports = new Reports({ ...options, peers, driver, membership, fail: this.fail });
    this.#verdicts = new Verdicts({ ...options, peers, membership, fail: this.fail });
    this.operations = new StageOperations({ ...options, driver, membership, saver, checkpoints, peers, save: () => this.#save() });
    this.#end = new StageEnd({ ...options, driver, membership, saver, checkpoints, release: (code, reason) => this.release(code, reason) });
  }

  get committed(): number {
    return this.#driver.committed;
  }

  get finished(): Promise<RunOutcome> {
    return this.#end.finished;
  }

  stop(): Promise<void> {
    return this.#end.stop();
  }

  release(code: number, reason: string): void {
    this.#goodbye = [code, reason];
    for (const peer of this.peers) peer.channel.close(code, reason);
    void this.#options.trial?.dispose();
  }

  tick(): void {
    const { log, now } = this.#options;
    this.#lastPingMs = dropSilent(this.peers, this.#options, this.#lastPingMs);
    dropStrangers(this.peers, now(), log);
    dropIdle(this.peers, now(), log);
    if (this.#goodbye || this.#end.isOver) return;
    this.#transfers.tick();
    this.#driver.tick();
    this.#membership.tick();
    this.#lookAtHoldup();
    this.operations.lookAtPause();
  }

  addSocket(socket: WebSocket, address: string): void {
    admit(socket, address, {
      ...this.#options,
      peers: this.peers,
      onMessage: (peer, message, payload) => this.#handle(peer, message, payload),
      onExpelled: (peer) => {
        if (!this.#end.isOver) this.#membership.expel(peer);
      },
      onGone: (peer, reason) => this.#removePeer(peer, reason),
    });
  }

  #removePeer(peer: Peer, reason: string): void {
    if (!this.peers.delete(peer) || this.#end.isOver) return;
    this.#options.emit({ type: 'workerLeft', worker: peer.id || peer.address, phase: peer.phase, reason });
    this.#membership.forget(peer);
  }

  // ---- what workers say

  #handle(peer: Peer, message: FromWorker, payload: Float32Array): Promise<void> | void {
    if (this.#goodbye) return peer.channel.close(...this.#goodbye);
    if (this.#end.isOver) return;
    switch (message.type) {
      case 'hello': return this.#handleHello(peer, message);
      case 'ready': return this.#membership.handleReady(peer, message.layout);
      case 'synced': return this.#membership.handleSynced(peer, message.step);
      case 'computed': return this.#opinion.take(peer, message);
      case 'partial': return this.#driver.handlePartial(peer, message, payload);
      case 'applied': return this.#reports.handleApplied(peer, message);
      case 'digest': return this.#transfers.handleDigest(peer, message);
      case 'snapshot': return this.#transfers.handleChunk(peer, message, payload);
      case 'log': return this.#options.emit({ type: 'workerLogged', worker: peer.id, records: message.records, dropped: message.dropped });
      case 'leaving':
        this.#options.emit({ type: 'workerLeaving', worker: peer.id, reason: message.reason });
        return this.#membership.handleLeaving(peer);
      case 'failed': return this.#reports.handleFailed(peer, message);
      default: return message satisfies never;
    }
  }

  #handleHello(peer: Peer, hello: Message<'hello'>): void {
    if (!isOfThisVersion(peer, hello, this.#options.log) || !this.#verdicts.admits(peer, hello)) return;
    const earlier = [...this.peers].find((each) => each !== peer && hello.session !== undefined && each.session === hello.session);
    if (earlier) {
      earlier.channel.terminate();
      this.#removePeer(earlier, 'it came back on a new connection');
    }
    this.#membership.greet(peer, hello);
  }

  // ---- what follows

  #handleJoin({ id, backend }: Peer): void {
    const { emit, journal } = this.#options;
    emit({ type: 'workerJoined', worker: id, backend });
    if (this.#tookPart.has(id)) return;
    this.#tookPart.add(id);
    journal.append({ type: 'worker', worker: id, backend }).catch((error: unknown) => this.#end.fail(error));
  }

  #handleSamples(peer: Peer, samples: number): void {
    peer.samplesDone += samples;
    this.#options.emit({ type: 'samplesSummed', worker: peer.id, samples });
  }

  #handleCommit(step: number, totals: StepTotals): void {
    const { emit, steps, plan, checkpointEverySteps, lookEverySteps = steps } = this.#options;
    this.#membership.handleCommit(step);
    emit({ type: 'stepCommitted', step, steps, samples: plan.samplesPerStep, totals });
    if (!this.#end.canGoOn(step, totals)) return;
    const isDue = this.#saver.isOwed || step % checkpointEverySteps === 0 || step % lookEverySteps === 0;
    if (isDue && step < steps) void this.#save();
    this.#lags.dropLaggards(this.peers, step);
    this.#reports.handleCommit(step);
  }

  async #save(): Promise<void> {
    await this.#saver.save().catch((error: unknown) => this.#end.handleUnsaved(error));
  }
}
