// Who takes part, and with which state: greets workers, gives each its place, decides where to go on when nobody is in step.
// Leaves out sockets, the step itself and what a worker computes.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message, WireLayout } from '../../shared/protocol/messages.js';
import type { CheckpointStore } from '../checkpoints/store.js';
import type { Peer } from './peer.js';
import type { StageEvent } from '../run/events.js';
import type { StepDriver } from '../step/driver.js';
import type { Transfers } from './transfers.js';
import { chooseStart, type StartDecision } from './choose-start.js';

export interface MembershipOptions {
  readonly runId: string;
  /** Stage of the run, from 1. */
  readonly stage: number;
  /** The state of step 0 is a checkpoint, which the seed alone does not give. */
  readonly hasInit: boolean;
  /** Sent to workers as it is. */
  readonly recipe: unknown;
  readonly chunkBytes: number;
  readonly heartbeatMs: number;
  /** How long workers that were here may take to come back before their steps are given up. */
  readonly graceMs: number;
  readonly checkpoints: CheckpointStore;
  readonly peers: ReadonlySet<Peer>;
  readonly driver: StepDriver;
  readonly transfers: Transfers;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  emit(event: StageEvent): void;
  /** Resolves when no commit and no checkpoint is being written. */
  settled(): Promise<void>;
  /** The worker is in step. */
  onJoin(peer: Peer): void;
  onError(error: unknown): void;
}

export interface Membership {
  /** What every replica is made of; known from the first worker that is ready. */
  readonly layout: WireLayout | undefined;
  active(): Peer[];
  /** The active worker that hands over the fewest states. */
  pickSource(): Peer | undefined;
  handleReady(peer: Peer, layout: WireLayout): void;
  handleSynced(peer: Peer, step: number): void;
  greet(peer: Peer, hello: Message<'hello'>): void;
  /** The worker computes no more; it may still be connected. */
  dismiss(peer: Peer): void;
  /** The worker's connection is gone, and `peers` is without it. */
  forget(peer: Peer): void;
  /** Looks whether the run can go on. */
  tick(): void;
}

export function createMembership(options: MembershipOptions): Membership {
  const { checkpoints, driver, emit, log, now, peers, transfers } = options;
  let layout: WireLayout | undefined;
  let waiting: string | undefined = 'no worker is connected';
  let graceUntilMs = now() + options.graceMs;
  let isStarting = false;
  let lastTransfer = 0;

  const active = (): Peer[] => [...peers].filter((peer) => peer.phase === 'active');

  function greet(peer: Peer, hello: Message<'hello'>): void {
    const names = new Set([...peers].map((each) => each.id));
    let id = hello.name;
    for (let n = 2; names.has(id); n++) id = `${hello.name}-${n}`;
    peer.id = id;
    peer.session = hello.session ?? randomUUID();
    peer.backend = hello.backend;
    peer.host = hello.host;
    peer.pid = hello.pid;
    peer.step = hello.runId === options.runId && hello.stage === options.stage ? hello.step : undefined;
    emit({ type: 'workerConnected', worker: id, host: hello.host, backend: hello.backend, step: peer.step });
    const { runId, stage, recipe, chunkBytes, heartbeatMs } = options;
    peer.channel.send({ type: 'welcome', worker: id, session: peer.session, runId, stage, recipe, chunkBytes, heartbeatMs });
  }

  function handleReady(peer: Peer, offered: WireLayout): void {
    layout ??= offered;
    if (JSON.stringify(layout) !== JSON.stringify(offered)) {
      log.error({ worker: peer.id }, 'worker builds another model from the recipe: is it of another version?');
      return peer.channel.close(CLOSE.refused, 'This worker builds another model from the recipe. Use the same version of Pretext everywhere.');
    }
    const kinds = new Set([...peers].filter((each) => each.phase !== 'greeting').map((each) => each.backend));
    if (kinds.size > 0 && !kinds.has(peer.backend)) {
      log.warn({ worker: peer.id, backend: peer.backend, others: [...kinds] }, 'workers of different kinds in one run: bits may depend on who computes what');
    }
    peer.phase = 'standby';
    admit(peer);
  }

  // ---- a place for a worker that is ready

  /** At once when it is in step, else with a state that somebody has. */
  function admit(peer: Peer): void {
    if (!driver.isOpen) return tryStart();
    if (peer.step === driver.committed) return begin(peer, 'keep');
    if (driver.committed === 0 && !options.hasInit) return begin(peer, 'seed');
    const source = pickSource();
    if (source) syncFromPeer(peer, source);
  }

  function pickSource(): Peer | undefined {
    const busy = transfers.sourcesInUse();
    const load = (peer: Peer): number => busy.filter((each) => each === peer).length;
    return active().sort((a, b) => load(a) - load(b))[0];
  }

  /** The worker has the state of the last commit, or makes it from the seed. */
  function begin(peer: Peer, source: 'keep' | 'seed'): void {
    sendBegin(peer, source);
    peer.step = driver.committed;
    startReceiving(peer);
    if (source === 'keep') join(peer);
  }

  /** Returns the number that the state's chunks must carry: those of an earlier attempt may still be under way. */
  function sendBegin(peer: Peer, source: 'keep' | 'seed' | 'transfer'): number {
    lastTransfer += 1;
    peer.channel.send({ type: 'begin', step: driver.committed, source, transfer: lastTransfer });
    return lastTransfer;
  }

  /** From now on the worker gets what the others get; first what they have got of the current step. */
  function startReceiving(peer: Peer): void {
    peer.phase = 'syncing';
    driver.catchUp(peer);
  }

  function join(peer: Peer): void {
    peer.phase = 'active';
    peer.computed.clear();
    options.onJoin(peer);
    driver.join(peer);
    // Now there is somebody to get the state from.
    admitStandby();
  }

  function admitStandby(): void {
    for (const each of peers) if (each.phase === 'standby') admit(each);
  }

  function syncFromPeer(peer: Peer, source: Peer): void {
    const step = driver.committed;
    log.info({ worker: peer.id, from: source.id, step }, 'worker gets the state from another');
    const transfer = sendBegin(peer, 'transfer');
    startReceiving(peer);
    transfers.start({
      source,
      step,
      onChunk: (offset, total, values) => void peer.channel.sendBulk(
        (at) => ({ type: 'state', transfer, offset: offset + at, total }), values),
      onFail: () => {
        if (!peers.has(peer) || peer.phase !== 'syncing') return;
        peer.phase = 'standby';
        admit(peer);
      },
    });
  }

  function handleSynced(peer: Peer, step: number): void {
    peer.step = step;
    if (peer.phase === 'syncing') join(peer);
  }

  // ---- workers leave

  function dismiss(peer: Peer): void {
    const wasActive = peer.phase === 'active';
    peer.phase = 'draining';
    if (!wasActive || !driver.isOpen) return;
    if (active().length > 0) driver.leave(peer);
    else abandonStep();
  }

  function forget(peer: Peer): void {
    dismiss(peer);
    transfers.dropSource(peer);
    if (driver.isOpen && ![...peers].some((each) => each.phase === 'active' || each.phase === 'syncing')) abandonStep();
  }

  /** Nobody in step is left: the run waits for someone who is, or for the time when those who were are given up. */
  function abandonStep(): void {
    driver.close();
    graceUntilMs = now() + options.graceMs;
    for (const peer of peers) if (peer.phase === 'syncing') sendBack(peer);
    tryStart();
  }

  /** How far it has come with the commits on their way to it only the worker knows: it says so when it comes again. */
  function sendBack(peer: Peer): void {
    peer.phase = 'draining';
    peer.channel.close(CLOSE.restarting, 'nobody is in step any more');
  }

  // ---- where to start, when nobody is in step

  function tryStart(): void {
    if (driver.isOpen || isStarting) return;
    const ready = [...peers].filter((peer) => peer.phase === 'standby');
    isStarting = true;
    start(ready).catch(options.onError).finally(() => {
      isStarting = false;
    });
  }

  /** Decides, and reads the checkpoint where it is one; a bad one is left for what is next best. */
  async function choose(ready: readonly Peer[]): Promise<{ readonly decision: StartDecision; readonly state?: Float32Array }> {
    for (;;) {
      const { committed } = driver;
      const decision = chooseStart({
        committed, graceUntilMs,
        checkpoint: await checkpoints.newest(committed),
        hasInit: options.hasInit,
        held: ready.flatMap((peer) => peer.step ?? []),
        numWorkers: ready.length,
      }, now());
      if (decision.action !== 'start' || decision.source !== 'checkpoint') return { decision };
      const state = await checkpoints.read(decision.step, layout!);
      if (state) return { decision, state };
    }
  }

  async function start(ready: readonly Peer[]): Promise<void> {
    // Everybody may have left while the disk took a commit: it counts, or is rolled back, but it must not come after the start.
    await options.settled();
    const { committed } = driver;
    const { decision, state } = await choose(ready);
    if (decision.action === 'wait') return setWaiting(decision.reason);
    if (decision.action === 'give up') {
      throw new PretextError('BAD_STATE', 'The first state of the run is lost: no worker and no checkpoint has it.', { hint: 'Start the run anew in another folder.' });
    }
    if (decision.step < committed) {
      const reason = 'no worker and no checkpoint holds a later state';
      await driver.rollBack(decision.step, reason);
      emit({ type: 'rolledBack', from: committed, to: decision.step, reason });
    }
    waiting = undefined;
    emit({ type: 'resumed', step: decision.step, from: decision.source, workers: ready.length });
    driver.open();
    for (const peer of ready.filter((each) => peers.has(each) && each.phase === 'standby')) {
      if (decision.source === 'seed') begin(peer, 'seed');
      else if (state) sendCheckpoint(peer, state);
      else if (peer.step === decision.step) begin(peer, 'keep');
    }
    driver.tick();
    // Whoever did not get its state here, or came while a file was read.
    admitStandby();
  }

  function sendCheckpoint(peer: Peer, state: Float32Array): void {
    const transfer = sendBegin(peer, 'transfer');
    startReceiving(peer);
    void peer.channel.sendBulk((offset, total) => ({ type: 'state', transfer, offset, total }), state);
  }

  function setWaiting(reason: string): void {
    if (reason !== waiting) emit({ type: 'waiting', reason });
    waiting = reason;
  }

  return {
    get layout() {
      return layout;
    },
    active, pickSource, greet, handleReady, handleSynced, dismiss, forget,
    tick: tryStart,
  };
}
