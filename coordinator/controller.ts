// The run: what workers' messages and the clock set going, checkpoints, and the end. Leaves out who takes part (membership/), the
// step (step-driver.ts), sockets' set-up, files' formats and all arithmetic.

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { PretextError, messageOf, type ErrorCode } from '../shared/errors/pretext-error.js';
import { createChannel } from '../shared/protocol/channel.js';
import { CLOSE } from '../shared/protocol/close-codes.js';
import { fromWorkerSchema, type FromCoordinator, type FromWorker, type Message, type WireLayout } from '../shared/protocol/messages.js';
import { digestOf } from '../shared/tensors/digest.js';
import { stateLengthOf, valuesLengthOf } from '../shared/state/wire.js';
import { checkpointPath } from './checkpoints/checkpoints.js';
import { createCheckpointStore } from './checkpoints/store.js';
import type { StageJournal } from './journal/stage-journal.js';
import { Membership } from './replicas/membership.js';
import { createPeer, type Peer } from './replicas/peer.js';
import type { EpochPlan } from './plan/epoch-plan.js';
import { createReplicaCheck } from './replicas/replica-check.js';
import type { StageEvent } from './run/events.js';
import { createStateSaver } from './replicas/state-saver.js';
import { createStepDriver } from './step/driver.js';
import type { StepTotals } from './step/record.js';
import { createTransfers } from './replicas/transfers.js';

export interface ControllerOptions {
  readonly runId: string;
  /** Stage of the run, from 1. */
  readonly stage: number;
  /** The state of step 0 is a checkpoint, which the seed alone does not give. */
  readonly hasInit: boolean;
  /** Sent to workers as it is. */
  readonly recipe: unknown;
  readonly steps: number;
  readonly microbatches: number;
  readonly lookaheadSteps: number;
  readonly chunkBytes: number;
  readonly checkpointEverySteps: number;
  readonly checkpointKeep: number;
  readonly digestEverySteps: number;
  readonly plan: EpochPlan;
  readonly journal: StageJournal;
  readonly checkpoints: string;
  /** Goes into every checkpoint's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long workers that were here may take to come back before their steps are given up. */
  readonly graceMs: number;
  readonly heartbeatMs: number;
  emit(event: StageEvent): void;
}

export interface RunOutcome {
  /** SHA-256 of the final values. */
  readonly digest: string;
  readonly checkpoint: string;
}

export interface Controller {
  addSocket(socket: WebSocket, address: string): void;
  /** Call a few times a second: deadlines, heartbeats, grace. */
  tick(): void;
  /** Saves a checkpoint if it can, then lets the workers go; they may come back to a restarted coordinator. */
  stop(): Promise<void>;
  readonly committed: number;
  readonly peers: ReadonlySet<Peer>;
  /** The workers are still connected then. */
  readonly finished: Promise<RunOutcome>;
  /** Lets the workers go once the stage is finished. */
  release(code: number, reason: string): void;
}

const SILENT_AFTER_HEARTBEATS = 10;
const SLEPT_AFTER_HEARTBEATS = 3;
/** A worker that is further behind than this many steps, or this many bytes of averages, is let go; it comes back with a fresh state. */
const MAX_LAG_STEPS = 64;
const MAX_LAG_BYTES = 512 * 1024 * 1024;

export function createController(options: ControllerOptions): Controller {
  const { emit, journal, log, now } = options;
  const peers = new Set<Peer>();
  const tookPart = new Set<string>();
  const transfers = createTransfers();
  const replicas = createReplicaCheck();
  let isOver = false;
  let isFailing = false;
  let isStopping = false;
  let isFinishing = false;
  let lastPingMs = now();
  let settleFinished: { resolve: (outcome: RunOutcome) => void; reject: (error: unknown) => void };
  const finished = new Promise<RunOutcome>((resolve, reject) => {
    settleFinished = { resolve, reject };
  });
  // A failed run is reported by whoever awaits `finished`; without a listener yet it must not end the process.
  finished.catch(() => {});

  const driver = createStepDriver({
    ...options,
    peers,
    reducer: 'treeSum',
    gradientLength: () => membership.layout!.gradientLength,
    onCommit: handleCommit,
    onSamples(peer, samples) {
      peer.samplesDone += samples;
      emit({ type: 'samplesSummed', worker: peer.id, samples });
    },
    onFinished: () => void finish().catch(fail),
    onError: fail,
  });

  const checkpoints = createCheckpointStore({
    folder: options.checkpoints, keep: options.checkpointKeep, metadata: options.metadata, journal,
    onRejected: (step, path, reason) => emit({ type: 'checkpointRejected', step, path, reason }),
  });

  const membership: Membership = new Membership({
    ...options,
    checkpoints, peers, driver, transfers,
    settled: async () => void (await Promise.all([driver.settled(), saver.settled()])),
    onJoin({ id, backend }) {
      emit({ type: 'workerJoined', worker: id, backend });
      if (tookPart.has(id)) return;
      tookPart.add(id);
      journal.append({ type: 'worker', worker: id, backend }).catch(fail);
    },
    onError: fail,
  });

  const saver = createStateSaver({
    transfers, emit,
    pickSource: () => membership.pickSource(),
    committed: () => driver.committed,
    stateLength: () => stateLengthOf(membership.layout!),
    write: (step, saved) => checkpoints.write(step, membership.layout!, saved),
  });

  // ---- workers

  function addSocket(socket: WebSocket, address: string): void {
    const channel = createChannel<FromWorker, FromCoordinator>(socket, {
      schema: fromWorkerSchema,
      chunkBytes: () => options.chunkBytes,
      onMessage: (message, payload) => {
        try {
          handle(peer, message, payload);
        } catch (error) {
          log.error({ worker: peer.id, error: messageOf(error) }, 'worker sent what cannot be used');
          peer.channel.close(CLOSE.badMessage, messageOf(error));
        }
      },
      onAlive: () => {
        peer.lastHeardMs = now();
      },
      onClose: (code, reason) => removePeer(peer, `${code}${reason ? ` ${reason}` : ''}`),
    });
    const peer = createPeer(channel, address, now());
    peers.add(peer);
  }

  function removePeer(peer: Peer, reason: string): void {
    if (!peers.delete(peer) || isOver) return;
    emit({ type: 'workerLeft', worker: peer.id || peer.address, phase: peer.phase, reason });
    membership.forget(peer);
  }

  function handle(peer: Peer, message: FromWorker, payload: Float32Array): void {
    if (isOver) return;
    if ((peer.id === '') !== (message.type === 'hello')) throw new Error(`"${message.type}" came at the wrong time`);
    switch (message.type) {
      case 'hello': return handleHello(peer, message);
      case 'ready': return membership.handleReady(peer, message.layout);
      case 'synced': return membership.handleSynced(peer, message.step);
      case 'computed': return driver.handleComputed(peer, message);
      case 'partial': return driver.handlePartial(peer, message, payload);
      case 'applied': return handleApplied(peer, message);
      case 'snapshot': return transfers.handleChunk(peer, message, payload);
      case 'log': return emit({ type: 'workerLogged', worker: peer.id, records: message.records, dropped: message.dropped });
      case 'leaving':
        emit({ type: 'workerLeaving', worker: peer.id, reason: message.reason });
        return membership.dismiss(peer);
      case 'failed': return handleFailed(peer, message);
      default: return message satisfies never;
    }
  }

  function handleHello(peer: Peer, hello: Message<'hello'>): void {
    const earlier = [...peers].find((each) => each !== peer && hello.session !== undefined && each.session === hello.session);
    if (earlier) {
      earlier.channel.terminate();
      removePeer(earlier, 'it came back on a new connection');
    }
    membership.greet(peer, hello);
  }

  function handleFailed(peer: Peer, failure: Message<'failed'>): void {
    const { code, step, message, hint, final } = failure;
    emit({ type: 'workerFailed', worker: peer.id, code, message, hint, step });
    if (!final) return membership.dismiss(peer);
    fail(new PretextError(code as ErrorCode, message, {
      hint: 'The last checkpoint is whole. Change the recipe (a lower learning rate?), then start anew.',
    }));
  }

  function handleApplied(peer: Peer, { step, phases, digest }: Message<'applied'>): void {
    peer.step = step;
    emit({ type: 'stepApplied', worker: peer.id, step, phases });
    driver.markAlive(peer.id);
    if (digest === undefined) return;
    for (const outlier of replicas.report(peer, step, digest, membership.active())) {
      emit({ type: 'replicaDiffers', worker: outlier.id, step });
      outlier.channel.send({ type: 'forget' });
      outlier.channel.close(CLOSE.restarting, 'the replica differs from the others');
    }
  }

  /** Cuts off workers that have been silent for long, unless it was this process that slept: their answers wait to be read. */
  function dropSilent(at: number): void {
    const sinceMs = at - lastPingMs;
    if (sinceMs < options.heartbeatMs) return;
    lastPingMs = at;
    for (const peer of peers) {
      peer.channel.ping();
      if (sinceMs > SLEPT_AFTER_HEARTBEATS * options.heartbeatMs) peer.lastHeardMs = at;
      else if (at - peer.lastHeardMs > SILENT_AFTER_HEARTBEATS * options.heartbeatMs) peer.channel.terminate();
    }
  }

  function dropLaggards(committed: number): void {
    const maxLag = Math.min(MAX_LAG_STEPS, Math.max(4, Math.floor(MAX_LAG_BYTES / (membership.layout!.gradientLength * 4))));
    for (const peer of membership.active()) {
      if (peer.step === undefined || committed - peer.step <= maxLag) continue;
      log.warn({ worker: peer.id, step: peer.step, committed }, 'worker is too far behind: it starts over with a fresh state');
      peer.channel.close(CLOSE.restarting, 'too far behind');
    }
  }

  // ---- checkpoints and the end

  function handleCommit(step: number, totals: StepTotals): void {
    membership.handleCommit(step);
    emit({ type: 'stepCommitted', step, steps: options.steps, samples: options.plan.samplesPerStep, totals });
    for (const { position, path, code, reason } of totals.unusable) emit({ type: 'sampleQuarantined', step, position, path, code, reason });
    const isCheckpointDue = step % options.checkpointEverySteps === 0 && step < options.steps;
    if (isCheckpointDue) saver.save().catch(handleUnsaved);
    dropLaggards(step);
  }

  /** A disk that takes no checkpoint stops the run: every step from here on could be lost. */
  function handleUnsaved(error: unknown): void {
    if (error instanceof PretextError) fail(error);
    else emit({ type: 'checkpointFailed', step: driver.committed, reason: messageOf(error) });
  }

  async function finish(): Promise<void> {
    if (isFinishing) return;
    isFinishing = true;
    try {
      await complete();
    } catch (error) {
      // The last worker left before its state was saved: whoever comes next does the last steps again.
      handleUnsaved(error);
    } finally {
      isFinishing = false;
    }
  }

  async function complete(): Promise<void> {
    const layout = membership.layout!;
    const state = await readFinal(layout) ?? await saver.save().then(() => readFinal(layout));
    const checkpoint = checkpointPath(options.checkpoints, options.steps);
    if (!state) throw new PretextError('BAD_STATE', `"${checkpoint}" was written, but reads differently.`, { hint: 'Look after the disk, then go on by --resume.' });
    const digest = digestOf(state.subarray(0, valuesLengthOf(layout)));
    isOver = true;
    driver.close();
    settleFinished.resolve({ digest, checkpoint });
  }

  async function readFinal(layout: WireLayout): Promise<Float32Array | undefined> {
    return (await checkpoints.newest(options.steps)) === options.steps ? checkpoints.read(options.steps, layout) : undefined;
  }

  function release(code: number, reason: string): void {
    for (const peer of peers) peer.channel.close(code, reason);
  }

  /** Lets everybody go; from here on nothing that comes counts. */
  function close(code: number, reason: string): void {
    isOver = true;
    driver.close();
    release(code, reason);
  }

  /** Saves the state if somebody has it. */
  async function saveLast(): Promise<void> {
    if (!driver.isOpen || membership.active().length === 0) return;
    await saver.save().catch((error: unknown) => emit({ type: 'checkpointFailed', step: driver.committed, reason: messageOf(error) }));
  }

  function fail(error: unknown): void {
    if (isOver || isFailing) return;
    isFailing = true;
    driver.halt();
    void saveLast().then(() => {
      close(CLOSE.failed, messageOf(error));
      settleFinished.reject(error);
    });
  }

  async function stop(): Promise<void> {
    if (isOver || isStopping) return;
    isStopping = true;
    // What is committed from now on would be beyond the checkpoint that the run stops with.
    driver.halt();
    await driver.settled();
    await saveLast();
    close(CLOSE.restarting, 'the coordinator stops');
    settleFinished.reject(new PretextError('CANCELLED', `Stopped after step ${driver.committed} of ${options.steps}.`, { hint: 'Go on with it by --resume.' }));
  }

  return {
    addSocket,
    tick() {
      dropSilent(now());
      if (isOver) return;
      driver.tick();
      membership.tick();
    },
    stop,
    release,
    peers,
    finished,
    get committed() {
      return driver.committed;
    },
  };
}
