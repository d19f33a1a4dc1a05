// The run: workers' messages, the step machine's effects, the journal, states on their way. Leaves out sockets' set-up, files'
// formats and all arithmetic. One event at a time; what must wait for a disk waits in `commit` and `saveCheckpoint`.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { PretextError, messageOf, type ErrorCode } from '../shared/errors/pretext-error.js';
import { createChannel } from '../shared/protocol/channel.js';
import { CLOSE } from '../shared/protocol/close-codes.js';
import { fromWorkerSchema, type FromCoordinator, type FromWorker, type Message, type WireLayout } from '../shared/protocol/messages.js';
import { digestOf } from '../shared/tensors/digest.js';
import { leavesOf } from '../shared/tensors/tree-sum.js';
import { listCheckpoints, checkpointPath, parameterLength, readCheckpoint, stateLength, writeCheckpoint } from './checkpoints/checkpoints.js';
import { committedStep, knownUnusable } from './journal/entries.js';
import type { Journal } from './journal/journal.js';
import { advance, createMachine, type MachineEffect, type MachineEvent, type MachineState } from './leases/step-machine.js';
import { chooseStart } from './membership/choose-start.js';
import { createPeer, isReceiving, type Peer } from './peer.js';
import type { EpochPlan } from './plan/epoch-plan.js';
import { digestOfStep } from './plan/plan-digest.js';
import { createReplicaCheck } from './replica-check.js';
import { createStateSaver } from './state-saver.js';
import { createStatistics, type RunStatistics } from './statistics.js';
import { createStepRecord, type StepRecord, type StepTotals } from './step-record.js';
import { createTransfers } from './transfers.js';

export interface ControllerOptions {
  readonly runId: string;
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
  readonly journal: Journal;
  readonly checkpoints: string;
  /** Goes into every checkpoint's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long workers that were here may take to come back before their steps are given up. */
  readonly graceMs: number;
  readonly heartbeatMs: number;
  onCommit(step: number, totals: StepTotals, statistics: RunStatistics): void;
  onWorkerLog(worker: string, records: readonly string[], dropped: number): void;
}

export interface RunOutcome {
  /** SHA-256 of the final parameters. */
  readonly digest: string;
  readonly checkpoint: string;
}

export interface Controller {
  addSocket(socket: WebSocket, address: string): void;
  /** Call a few times a second: deadlines, heartbeats, grace. */
  tick(): void;
  /** Saves a checkpoint if it can, then lets the workers go; they may come back to a restarted coordinator. */
  stop(): Promise<void>;
  readonly statistics: RunStatistics;
  readonly committed: number;
  readonly peers: ReadonlySet<Peer>;
  /** Every worker that ever took part. */
  readonly tookPart: ReadonlyMap<string, { readonly backend: string; samples: number }>;
  /** Why nothing moves, when nothing does. */
  readonly waiting: string | undefined;
  readonly finished: Promise<RunOutcome>;
}

const SILENT_AFTER_HEARTBEATS = 10;
/** A worker that is further behind than this many steps, or this many bytes of averages, is let go; it comes back with a fresh state. */
const MAX_LAG_STEPS = 64;
const MAX_LAG_BYTES = 512 * 1024 * 1024;

export function createController(options: ControllerOptions): Controller {
  const { journal, log, plan, now, microbatches } = options;
  const peers = new Set<Peer>();
  const tookPart = new Map<string, { backend: string; samples: number }>();
  const transfers = createTransfers();
  const statistics = createStatistics();
  const known = knownUnusable(journal.entries);
  const replicas = createReplicaCheck();
  /** Buffers of earlier steps that nobody reads any more: fresh memory is the dearest part of a large sum. */
  const freeSums: Float32Array[] = [];
  const chunkLength = Math.max(1, Math.floor(options.chunkBytes / 4));

  let layout: WireLayout | undefined;
  let machine: MachineState | undefined;
  let record: StepRecord | undefined;
  let committed = committedStep(journal.entries);
  let graceUntilMs = now() + options.graceMs;
  let waiting: string | undefined = 'no worker is connected';
  let isStarting = false;
  let isOver = false;
  let isFailing = false;
  let isStopping = false;
  let committing: Promise<void> = Promise.resolve();
  let lastPingMs = now();
  let settleFinished: { resolve: (outcome: RunOutcome) => void; reject: (error: unknown) => void };
  const finished = new Promise<RunOutcome>((resolve, reject) => {
    settleFinished = { resolve, reject };
  });
  // A failed run is reported by whoever awaits `finished`; without a listener yet it must not end the process.
  finished.catch(() => {});

  const saveCheckpoint = createStateSaver({
    transfers, log, pickSource,
    committed: () => committed,
    stateLength: () => stateLength(layout!),
    write: (step, state) => writeCheckpoint(options.checkpoints, step, layout!, state, options.metadata, options.checkpointKeep),
  });

  const active = (): Peer[] => [...peers].filter((peer) => peer.phase === 'active');

  // ---- workers come and go

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

  function removePeer(peer: Peer, why: string): void {
    if (!peers.delete(peer)) return;
    if (isOver) return;
    log.warn({ worker: peer.id || peer.address, why, phase: peer.phase }, 'worker left');
    takeLeasesOf(peer);
    transfers.dropSource(peer);
    if (machine && ![...peers].some((each) => each.phase === 'active' || each.phase === 'syncing')) abandonStep();
  }

  function takeLeasesOf(peer: Peer): void {
    const wasActive = peer.phase === 'active';
    peer.phase = 'draining';
    if (!wasActive || !machine) return;
    if (active().length > 0) dispatch({ type: 'leave', worker: peer.id });
    else abandonStep();
  }

  /** Nobody in step is left: the run waits for someone who is, or for the time when those who were are given up. */
  function abandonStep(): void {
    machine = undefined;
    record = undefined;
    graceUntilMs = now() + options.graceMs;
    for (const peer of peers) if (peer.phase === 'syncing') peer.phase = 'standby';
    tryStart();
  }

  function handle(peer: Peer, message: FromWorker, payload: Float32Array): void {
    if (isOver) return;
    if ((peer.id === '') !== (message.type === 'hello')) throw new Error(`"${message.type}" came at the wrong time`);
    switch (message.type) {
      case 'hello': return greet(peer, message);
      case 'ready': return handleReady(peer, message.layout);
      case 'synced': return handleSynced(peer, message.step);
      case 'computed': return handleComputed(peer, message);
      case 'partial': return handlePartial(peer, message, payload);
      case 'applied': return handleApplied(peer, message);
      case 'snapshot': return transfers.handleChunk(peer, message, payload);
      case 'log': return options.onWorkerLog(peer.id, message.records, message.dropped);
      case 'leaving':
        log.info({ worker: peer.id, reason: message.reason }, 'worker is leaving');
        return takeLeasesOf(peer);
      case 'failed': return handleFailed(peer, message);
      default: return message satisfies never;
    }
  }

  function greet(peer: Peer, hello: Message<'hello'>): void {
    const earlier = [...peers].find((each) => each !== peer && hello.session !== undefined && each.session === hello.session);
    if (earlier) {
      earlier.channel.terminate();
      removePeer(earlier, 'it came back on a new connection');
    }
    const names = new Set([...peers].map((each) => each.id));
    let id = hello.name;
    for (let n = 2; names.has(id); n++) id = `${hello.name}-${n}`;
    peer.id = id;
    peer.session = hello.session ?? randomUUID();
    peer.backend = hello.backend;
    peer.host = hello.host;
    peer.pid = hello.pid;
    peer.step = hello.runId === options.runId ? hello.step : undefined;
    log.info({ worker: id, host: hello.host, backend: hello.backend, step: peer.step }, 'worker connected');
    peer.channel.send({
      type: 'welcome', worker: id, session: peer.session, runId: options.runId,
      recipe: options.recipe, chunkBytes: options.chunkBytes, heartbeatMs: options.heartbeatMs,
    });
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

  /** Gives a ready worker its place: at once when it is in step, else with a state that somebody has. */
  function admit(peer: Peer): void {
    if (!machine) return tryStart();
    if (peer.step === committed) return begin(peer, 'keep');
    if (committed === 0) return begin(peer, 'seed');
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
    peer.step = committed;
    startReceiving(peer);
    if (source === 'keep') join(peer);
  }

  let lastTransfer = 0;
  /** Returns the number that the state's chunks must carry: those of an earlier attempt may still be under way. */
  function sendBegin(peer: Peer, source: 'keep' | 'seed' | 'transfer'): number {
    lastTransfer += 1;
    peer.channel.send({ type: 'begin', step: committed, source, transfer: lastTransfer });
    return lastTransfer;
  }

  /** From now on the worker gets what the others get; first what they have got of the current step. */
  function startReceiving(peer: Peer): void {
    peer.phase = 'syncing';
    if (!record) return;
    for (const { offset, length } of record.reducer.reduced) sendAverage(peer, record, offset, length);
  }

  function join(peer: Peer): void {
    peer.phase = 'active';
    peer.computed.clear();
    if (!tookPart.has(peer.id)) {
      tookPart.set(peer.id, { backend: peer.backend, samples: 0 });
      journal.append({ type: 'worker', worker: peer.id, backend: peer.backend }).catch(fail);
    }
    dispatch({ type: 'join', worker: peer.id });
    // Now there is somebody to get the state from.
    for (const each of peers) if (each.phase === 'standby') admit(each);
  }

  function syncFromPeer(peer: Peer, source: Peer): void {
    const step = committed;
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
    else tryStart();
  }

  function handleFailed(peer: Peer, failure: Message<'failed'>): void {
    log.error({ worker: peer.id, code: failure.code, step: failure.step, reason: failure.message }, 'worker failed');
    if (!failure.final) return takeLeasesOf(peer);
    fail(new PretextError(failure.code as ErrorCode, failure.message, {
      hint: 'The last checkpoint is whole. Change the recipe (a lower learning rate?), then start anew.',
    }));
  }

  // ---- where to start, when nobody is in step

  function tryStart(): void {
    if (machine || isStarting || isOver) return;
    const ready = [...peers].filter((peer) => peer.phase === 'standby');
    isStarting = true;
    start(ready).catch(fail).finally(() => {
      isStarting = false;
    });
  }

  async function start(ready: readonly Peer[]): Promise<void> {
    const checkpoint = (await listCheckpoints(options.checkpoints)).filter((step) => step <= committed).at(-1);
    const held = ready.flatMap((peer) => peer.step ?? []);
    const decision = chooseStart({ committed, checkpoint, held, numWorkers: ready.length, graceUntilMs }, now());
    if (decision.action === 'wait') return setWaiting(decision.reason);
    const state = decision.source === 'checkpoint' ? await readCheckpoint(checkpointPath(options.checkpoints, decision.step), layout!) : undefined;
    if (decision.step < committed) await rollBack(decision.step);
    setWaiting(undefined);
    log.info({ step: committed, from: decision.source, workers: ready.length }, 'run goes on');
    machine = createMachine({ microbatches, steps: options.steps, lookaheadSteps: options.lookaheadSteps }, committed);
    openRecord();
    const here = ready.filter((peer) => peers.has(peer));
    for (const peer of here) {
      if (decision.source === 'seed') begin(peer, 'seed');
      else if (state) sendCheckpoint(peer, state);
      else if (peer.step === committed) begin(peer, 'keep');
    }
    if (committed >= options.steps) dispatch({ type: 'tick' });
    // Whoever did not get its state here, or came while a file was read.
    for (const peer of peers) if (peer.phase === 'standby') admit(peer);
  }

  async function rollBack(to: number): Promise<void> {
    log.warn({ from: committed, to }, 'nobody holds the last steps any more: they are rolled back and run again');
    await journal.append({ type: 'rollback', to, reason: 'no worker and no checkpoint holds a later state' });
    committed = to;
  }

  function sendCheckpoint(peer: Peer, state: Float32Array): void {
    const transfer = sendBegin(peer, 'transfer');
    startReceiving(peer);
    void peer.channel.sendBulk((offset, total) => ({ type: 'state', transfer, offset, total }), state);
  }

  function setWaiting(reason: string | undefined): void {
    if (reason !== waiting && reason !== undefined) log.warn({ reason }, 'run waits');
    waiting = reason;
  }

  // ---- the step

  function dispatch(event: MachineEvent): void {
    if (!machine || isOver) return;
    const { state, effects } = advance(machine, event, now());
    machine = state;
    for (const effect of effects) perform(effect);
  }

  function peerNamed(id: string): Peer | undefined {
    return [...peers].find((peer) => peer.id === id);
  }

  function perform(effect: MachineEffect): void {
    switch (effect.type) {
      case 'grant':
        return peerNamed(effect.worker)?.channel.send({
          type: 'lease',
          step: effect.step,
          microbatches: effect.microbatches.map((index) => {
            const samples = plan.microbatch(effect.step, index);
            return { index, samples: [...samples], excluded: excludedOf(effect.step, index, samples.map(({ position }) => position)) };
          }),
        });
      case 'revoke':
        return peerNamed(effect.worker)?.channel.send({ type: 'revoke', step: effect.step, microbatches: [...effect.microbatches] });
      case 'late':
        log.warn({ worker: effect.worker, step: effect.step, microbatches: effect.microbatches }, 'worker is late: others compute its microbatches too');
        return;
      case 'commit':
        // What is committed from now on would be beyond the checkpoint that the run stops with.
        if (!isStopping && !isFailing) committing = commit(effect.step).catch(fail);
        return;
      case 'finished':
        finish().catch(fail);
        return;
      default:
        return effect satisfies never;
    }
  }

  /** What an earlier result, or an earlier run of a step that was rolled back, says cannot be used. */
  function excludedOf(step: number, microbatch: number, positions: readonly number[]): number[] {
    const earlier = known.get(step)?.map(({ position }) => position) ?? [];
    const current = record?.step === step ? record.unusableOf(microbatch) : [];
    return positions.filter((position) => earlier.includes(position) || current.includes(position));
  }

  function openRecord(): void {
    for (const peer of peers) peer.computed.clear();
    const step = committed + 1;
    record = step > options.steps ? undefined : createStepRecord({
      step,
      microbatches,
      sum: freeSums.pop() ?? new Float32Array(parameterLength(layout!)),
      chunkLength,
      onReduced: (offset, length) => {
        for (const peer of peers) if (isReceiving(peer)) sendAverage(peer, record!, offset, length);
      },
    });
  }

  function sendAverage(peer: Peer, from: StepRecord, offset: number, length: number): void {
    void peer.channel.sendBulk((at, total) => ({ type: 'average', step: from.step, offset: at, total }), from.reducer.sum, { offset, length });
  }

  function handleComputed(peer: Peer, computed: Message<'computed'>): void {
    if (record?.step !== computed.step) return;
    if (computed.microbatch >= microbatches) throw new Error(`microbatch ${computed.microbatch} of ${microbatches}`);
    if (!record.addComputed(computed)) {
      log.warn({ worker: peer.id, step: computed.step, microbatch: computed.microbatch }, 'workers disagree on which samples can be used: the later one starts over');
      return peer.channel.close(CLOSE.restarting, 'another worker found other samples unusable');
    }
    peer.computed.add(computed.microbatch);
    dispatch({ type: 'progress', worker: peer.id, step: computed.step, microbatch: computed.microbatch, ms: computed.ms });
  }

  function handlePartial(peer: Peer, message: Message<'partial'>, values: Float32Array): void {
    if (record?.step !== message.step) return;
    const { start, end } = leavesOf(message, microbatches);
    for (let leaf = start; leaf < end; leaf++) {
      if (!peer.computed.has(leaf)) throw new Error(`a partial sum of microbatch ${leaf} came before its counts`);
    }
    const { step } = record;
    for (const microbatch of record.addPartial(message, values)) {
      const took = tookPart.get(peer.id);
      if (took) took.samples += plan.samplesPerStep / microbatches;
      peer.samplesDone += plan.samplesPerStep / microbatches;
      dispatch({ type: 'done', step, microbatch });
    }
    if (record?.step !== step || message.offset + values.length < message.total) return;
    const lost = Array.from({ length: end - start }, (_, i) => start + i).filter((leaf) => !record!.isWhole(leaf));
    if (lost.length > 0) dispatch({ type: 'returned', worker: peer.id, step, microbatches: lost });
  }

  async function commit(step: number): Promise<void> {
    const current = record!;
    const totals = current.totals();
    await journal.append({
      type: 'commit',
      step,
      first: plan.firstPosition(step),
      count: plan.samplesPerStep,
      samples: digestOfStep(plan, step, microbatches),
      weight: totals.weight,
      loss: totals.loss,
      metrics: totals.metrics,
      gradient: totals.gradient,
      unusable: totals.unusable.map(({ position, path, code, reason }) =>
        // A step that is run again is told what to leave out; why was found out the first time.
        known.get(step)?.find((each) => each.position === position) ?? { position, path, code, reason }),
    });
    committed = step;
    statistics.addCommit(totals.loss, plan.samplesPerStep, now());
    // All workers may have gone while the disk worked: then whoever comes back decides whether this step counts.
    if (!machine || record !== current || isOver) return;
    const digest = options.digestEverySteps > 0 && step % options.digestEverySteps === 0;
    for (const peer of peers) if (isReceiving(peer)) peer.channel.send({ type: 'commit', step, weight: totals.weight, digest });
    void Promise.all([...peers].map((peer) => peer.channel.flushed())).then(() => freeSums.push(current.reducer.sum));
    openRecord();
    const isCheckpointDue = step % options.checkpointEverySteps === 0 && step < options.steps;
    if (isCheckpointDue) saveCheckpoint().catch((error: unknown) => handleUnsaved(error, 'checkpoint not saved'));
    options.onCommit(step, totals, statistics);
    dispatch({ type: 'journaled', step });
    dropLaggards();
  }

  function dropLaggards(): void {
    const maxLag = Math.min(MAX_LAG_STEPS, Math.max(4, Math.floor(MAX_LAG_BYTES / (parameterLength(layout!) * 4))));
    for (const peer of active()) {
      if (peer.step !== undefined && committed - peer.step > maxLag) {
        log.warn({ worker: peer.id, step: peer.step, committed }, 'worker is too far behind: it starts over with a fresh state');
        peer.channel.close(CLOSE.restarting, 'too far behind');
      }
    }
  }

  function handleApplied(peer: Peer, { step, phases, digest }: Message<'applied'>): void {
    peer.step = step;
    statistics.addPhases(peer.id, phases);
    dispatch({ type: 'alive', worker: peer.id });
    if (digest === undefined) return;
    for (const outlier of replicas.report(peer, step, digest, active())) {
      log.error({ worker: outlier.id, step }, 'replica differs from the others: it gets a fresh state');
      outlier.channel.send({ type: 'forget' });
      outlier.channel.close(CLOSE.restarting, 'the replica differs from the others');
    }
  }

  // ---- checkpoints and the end

  /** A disk that takes no checkpoint stops the run: every step from here on could be lost. */
  function handleUnsaved(error: unknown, what: string): void {
    if (error instanceof PretextError) fail(error);
    else log.warn({ error: messageOf(error) }, what);
  }

  let isFinishing = false;
  async function finish(): Promise<void> {
    if (isFinishing) return;
    isFinishing = true;
    try {
      await complete();
    } catch (error) {
      // The last worker left before its state was saved: whoever comes next does the last steps again.
      handleUnsaved(error, 'the final state is not saved yet');
    } finally {
      isFinishing = false;
    }
  }

  async function complete(): Promise<void> {
    const path = checkpointPath(options.checkpoints, options.steps);
    if (!(await listCheckpoints(options.checkpoints)).includes(options.steps)) await saveCheckpoint();
    const state = await readCheckpoint(path, layout!);
    const digest = digestOf(state.subarray(0, parameterLength(layout!)));
    close(CLOSE.finished, 'the run is complete');
    settleFinished.resolve({ digest, checkpoint: path });
  }

  function close(code: number, reason: string): void {
    isOver = true;
    for (const peer of peers) peer.channel.close(code, reason);
  }

  function fail(error: unknown): void {
    if (isOver || isFailing) return;
    isFailing = true;
    log.fatal({ error: messageOf(error) }, 'run stops');
    const saved = machine && active().length > 0 ? saveCheckpoint().catch(() => {}) : Promise.resolve();
    void saved.then(() => {
      close(CLOSE.failed, messageOf(error));
      settleFinished.reject(error);
    });
  }

  return {
    addSocket,
    tick() {
      const at = now();
      if (at - lastPingMs >= options.heartbeatMs) {
        lastPingMs = at;
        for (const peer of peers) {
          peer.channel.ping();
          if (at - peer.lastHeardMs > SILENT_AFTER_HEARTBEATS * options.heartbeatMs) peer.channel.terminate();
        }
      }
      if (machine) dispatch({ type: 'tick' });
      else tryStart();
    },
    async stop() {
      if (isOver || isStopping) return;
      isStopping = true;
      await committing;
      if (machine && active().length > 0) await saveCheckpoint().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'checkpoint not saved'));
      close(CLOSE.restarting, 'the coordinator stops');
      settleFinished.reject(new PretextError('CANCELLED', `Stopped after step ${committed} of ${options.steps}.`, { hint: 'Go on with it by --resume.' }));
    },
    statistics,
    peers,
    tookPart,
    finished,
    get committed() {
      return committed;
    },
    get waiting() {
      return waiting;
    },
  };
}
