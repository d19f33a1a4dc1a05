// States on their way: a worker sends its state in chunks, and each goes on to a joining worker or into a checkpoint. The last one goes on
// when others that are in step have said that their state has the same hash. A source that is silent for long, or whose state is another,
// is left for the next.

import { createHash, type Hash } from 'node:crypto';
import type { Message } from '../../shared/protocol/messages.js';
import { findOutliers } from './find-outliers.js';
import type { Peer } from './peer.js';

export interface Transfer {
  readonly source: Peer;
  readonly step: number;
  /** Takes ownership of the values. */
  onChunk(offset: number, total: number, values: Float32Array): void;
  /** The source is gone, silent, or has another state: ask someone else. */
  onFail(): void;
  /** All of it has gone on; its SHA-256. */
  onWhole?(sha256: string): void;
}

export interface TransfersOptions {
  /** Elements of a whole state, and of each of its chunks but the last. */
  readonly stateLength: number;
  readonly chunkLength: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Who else has the state that the source is asked for. */
  witnessesOf(source: Peer): readonly Peer[];
  /** Measured time of a microbatch. */
  microbatchMsOf(peer: Peer): number | undefined;
  /** The worker's state is not that of most. */
  onOutlier(peer: Peer, step: number): void;
}

export interface Transfers {
  /** Asks the source for its state as of the step, which must be the last one that it was told to apply. */
  start(transfer: Transfer): void;
  /** Throws on what the source was not asked for. */
  handleChunk(peer: Peer, message: Message<'snapshot'>, values: Float32Array): void;
  /** Takes the hash of a state. Throws where it was not asked for. */
  handleDigest(peer: Peer, message: Message<'digest'>): void;
  /** Fails what came from a worker that is gone. */
  dropSource(peer: Peer): void;
  /** Fails what nothing has come of for long. */
  tick(): void;
  sourcesInUse(): readonly Peer[];
  /** How often the worker failed to give its state. */
  failuresOf(peer: Peer): number;
}

/** A worker answers between two microbatches: it has the time of a few of them, and this at least ... */
const PATIENCE_MS = 60_000;
const PATIENCE_MICROBATCHES = 3;
/** ... and so long while it is not measured, for it may be compiling. */
const UNMEASURED_MS = 300_000;
const MAX_PATIENCE_MS = 3_600_000;
/** The state of a witness is not needed: the one that is waited for goes on without its word. */
const WITNESS_PATIENCE_MS = 10_000;

interface Open {
  readonly transfer: Transfer;
  readonly hash: Hash;
  /** Who has not said yet what the hash of its state is, and what the others said. */
  readonly waiting: Set<Peer>;
  readonly said: Map<Peer, string>;
  received: number;
  /** The last chunk, until the witnesses have spoken. */
  held: Float32Array | undefined;
  lastMs: number;
}

export function createTransfers(options: TransfersOptions): Transfers {
  return new StateTransfers(options);
}

class StateTransfers implements Transfers {
  readonly #options: TransfersOptions;
  readonly #open = new Map<number, Open>();
  /** What is left of states that nobody wants any more, by number: they may still be coming. */
  readonly #unwanted = new Map<number, { readonly source: Peer; left: number }>();
  /** Numbers of the states whose hash a worker was asked for. */
  readonly #asked = new WeakMap<Peer, Set<number>>();
  readonly #failures = new WeakMap<Peer, number>();
  #lastId = 0;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  start(transfer: Transfer): void {
    const { now, witnessesOf } = this.#options;
    const id = ++this.#lastId;
    const waiting = new Set(witnessesOf(transfer.source));
    this.#open.set(id, { transfer, waiting, hash: createHash('sha256'), said: new Map(), received: 0, held: undefined, lastMs: now() });
    transfer.source.channel.send({ type: 'sendState', id });
    for (const peer of waiting) {
      this.#asked.set(peer, (this.#asked.get(peer) ?? new Set()).add(id));
      peer.channel.send({ type: 'sendDigest', id });
    }
  }

  handleChunk(peer: Peer, { id, step, offset, total }: Message<'snapshot'>, values: Float32Array): void {
    const { stateLength, chunkLength, now } = this.#options;
    const entry = this.#open.get(id);
    if (entry?.transfer.source !== peer || entry.held) return this.#ignore(peer, id, values.length);
    if (step !== entry.transfer.step) return this.#fail(id, entry);
    if (total !== stateLength || offset !== entry.received || values.length !== Math.min(chunkLength, total - offset)) {
      this.#fail(id, entry);
      throw new Error(`${values.length} numbers at ${offset} of a state of ${total}, expected ${stateLength} in order, ${chunkLength} at a time`);
    }
    if (entry.waiting.size + entry.said.size > 0 || entry.transfer.onWhole) entry.hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    entry.received += values.length;
    entry.lastMs = now();
    if (entry.received < total) return entry.transfer.onChunk(offset, total, values);
    entry.held = values;
    this.#judge(id, entry);
  }

  handleDigest(peer: Peer, { id, step, sha256 }: Message<'digest'>): void {
    if (!this.#asked.get(peer)?.delete(id)) throw new Error(`the hash of a state of number ${id} that it was not asked for`);
    const entry = this.#open.get(id);
    // It may have been too late.
    if (!entry?.waiting.delete(peer)) return;
    if (step === entry.transfer.step) entry.said.set(peer, sha256);
    entry.lastMs = this.#options.now();
    this.#judge(id, entry);
  }

  dropSource(peer: Peer): void {
    for (const [id, entry] of [...this.#open]) {
      if (entry.transfer.source === peer) this.#fail(id, entry);
      else if (entry.waiting.delete(peer)) this.#judge(id, entry);
    }
    for (const [id, { source }] of [...this.#unwanted]) if (source === peer) this.#unwanted.delete(id);
  }

  tick(): void {
    const nowMs = this.#options.now();
    for (const [id, entry] of [...this.#open]) {
      const silentMs = nowMs - entry.lastMs;
      if (entry.held) this.#dropWitnesses(id, entry, silentMs);
      else if (silentMs > this.#patienceMsOf(entry.transfer.source, PATIENCE_MS, UNMEASURED_MS)) this.#fail(id, entry);
    }
  }

  #dropWitnesses(id: number, entry: Open, silentMs: number): void {
    for (const peer of [...entry.waiting]) {
      if (silentMs <= this.#patienceMsOf(peer, WITNESS_PATIENCE_MS, WITNESS_PATIENCE_MS)) continue;
      entry.waiting.delete(peer);
      this.#countFailure(peer);
    }
    this.#judge(id, entry);
  }

  sourcesInUse(): readonly Peer[] {
    return [...this.#open.values()].map(({ transfer }) => transfer.source);
  }

  failuresOf(peer: Peer): number {
    return this.#failures.get(peer) ?? 0;
  }

  /** Once the state is whole and everybody has spoken: it goes on if it is that of most. Workers with another are named. */
  #judge(id: number, entry: Open): void {
    const { transfer, held, waiting, said } = entry;
    if (!held || waiting.size > 0) return;
    const { source, step } = transfer;
    const sha256 = entry.hash.digest('hex');
    const votes = [...said, [source, sha256] as const];
    const outliers = findOutliers(votes.map(([peer, digest]) => ({ worker: peer.id, digest, confirmed: peer.confirmed, sinceMs: peer.openedMs })));
    const wrong = votes.filter(([peer]) => outliers.includes(peer.id)).map(([peer]) => peer);
    this.#open.delete(id);
    // Before the next source is looked for: none of these must be it.
    for (const peer of wrong) this.#options.onOutlier(peer, step);
    if (wrong.includes(source)) {
      this.#countFailure(source);
      return transfer.onFail();
    }
    transfer.onChunk(entry.received - held.length, entry.received, held);
    transfer.onWhole?.(sha256);
  }

  #fail(id: number, { transfer, received }: Open): void {
    const { source } = transfer;
    this.#open.delete(id);
    if (received < this.#options.stateLength) this.#unwanted.set(id, { source, left: this.#options.stateLength - received });
    this.#countFailure(source);
    transfer.onFail();
  }

  #countFailure(source: Peer): void {
    this.#failures.set(source, this.failuresOf(source) + 1);
  }

  #ignore(peer: Peer, id: number, length: number): void {
    const rest = this.#unwanted.get(id);
    if (rest?.source !== peer || length > rest.left) throw new Error(`a state of number ${id} that it was not asked for`);
    rest.left -= length;
    if (rest.left === 0) this.#unwanted.delete(id);
  }

  #patienceMsOf(peer: Peer, leastMs: number, unmeasuredMs: number): number {
    const ms = this.#options.microbatchMsOf(peer);
    return ms === undefined ? unmeasuredMs : Math.min(MAX_PATIENCE_MS, Math.max(leastMs, PATIENCE_MICROBATCHES * ms));
  }
}
