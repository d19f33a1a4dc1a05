// Prepares the data of leased microbatches ahead of their turn, a bounded number at a time, in the order they will be computed.

import type { LeasedMicrobatch } from '../../shared/protocol/messages.js';
import type { LeasedBatch, PrepareBatch } from './leased-batch.js';

export interface Prefetcher {
  add(step: number, lease: LeasedMicrobatch): void;
  remove(step: number, microbatch: number): void;
  /** The microbatch of a step to compute next, or undefined when none is left: the lowest that is ready, else in preparation, else leased. */
  next(step: number): number | undefined;
  /** Takes a prepared batch, and with it the lease; undefined when it is not ready. Rethrows what its preparation threw. */
  take(step: number, microbatch: number): LeasedBatch | undefined;
  /** Forgets the leases of a step and all before it. */
  dropUpTo(step: number): void;
  has(step: number, microbatch: number): boolean;
  clear(): void;
}

interface Entry {
  readonly step: number;
  readonly lease: LeasedMicrobatch;
  state: 'leased' | 'preparing' | 'ready' | 'failed' | 'dropped';
  batch?: LeasedBatch;
  error?: unknown;
}

/** What can be taken at once comes first; one that finds no room may have to wait for the others of its step. */
const RANKS = { ready: 0, failed: 0, preparing: 1, leased: 2, dropped: 2 };

/**
 * `onReady` is called whenever a batch is ready or has failed. At most `limit` batches are in preparation or waiting. The earliest step
 * always has room: batches of later steps that are ready make way for its, and are prepared again.
 */
export function createPrefetcher(prepare: PrepareBatch, limit: number, onReady: () => void): Prefetcher {
  return new BoundedPrefetcher(prepare, limit, onReady);
}

class BoundedPrefetcher implements Prefetcher {
  readonly #prepare: PrepareBatch;
  readonly #limit: number;
  readonly #onReady: () => void;
  readonly #entries = new Map<string, Entry>();
  /** Batches that hold buffers, those included whose lease is gone while they are being prepared. */
  #numHeld = 0;

  constructor(prepare: PrepareBatch, limit: number, onReady: () => void) {
    this.#prepare = prepare;
    this.#limit = limit;
    this.#onReady = onReady;
  }

  add(step: number, lease: LeasedMicrobatch): void {
    const key = keyOf(step, lease.index);
    if (!this.#entries.has(key)) this.#entries.set(key, { step, lease, state: 'leased' });
    this.#pump();
  }

  remove(step: number, microbatch: number): void {
    const key = keyOf(step, microbatch);
    const entry = this.#entries.get(key);
    if (entry) this.#drop(key, entry);
  }

  next(step: number): number | undefined {
    const ofStep = [...this.#entries.values()].filter((entry) => entry.step === step);
    return ofStep.sort((a, b) => RANKS[a.state] - RANKS[b.state] || byTurn(a, b))[0]?.lease.index;
  }

  take(step: number, microbatch: number): LeasedBatch | undefined {
    const key = keyOf(step, microbatch);
    const entry = this.#entries.get(key);
    if (entry?.state === 'failed') throw entry.error;
    if (entry?.state !== 'ready' || !entry.batch) return undefined;
    this.#entries.delete(key);
    const { batch } = entry;
    return { ...batch, release: () => this.#letGo(batch) };
  }

  dropUpTo(step: number): void {
    for (const [key, entry] of [...this.#entries]) if (entry.step <= step) this.#drop(key, entry);
  }

  has(step: number, microbatch: number): boolean {
    return this.#entries.has(keyOf(step, microbatch));
  }

  clear(): void {
    this.dropUpTo(Infinity);
  }

  #pump(): void {
    const queue = [...this.#entries.values()].filter(({ state }) => state === 'leased').sort(byTurn);
    for (const entry of queue) {
      if (this.#numHeld >= this.#limit && !this.#makeWay(entry)) return;
      entry.state = 'preparing';
      this.#numHeld += 1;
      void this.#start(entry);
    }
  }

  /** A lease of the step in progress may come when later ones fill the room: somebody left, or a sum came back. */
  #makeWay({ step }: Entry): boolean {
    const last = [...this.#entries.values()].filter((entry) => entry.state === 'ready' && entry.step > step).sort(byTurn).at(-1);
    if (!last) return false;
    const batch = last.batch!;
    last.state = 'leased';
    delete last.batch;
    batch.release();
    this.#numHeld -= 1;
    return true;
  }

  async #start(entry: Entry): Promise<void> {
    try {
      const batch = await this.#prepare(entry.lease);
      if (wasDropped(entry)) return this.#letGo(batch);
      entry.batch = batch;
      entry.state = 'ready';
    } catch (error) {
      this.#numHeld -= 1;
      if (wasDropped(entry)) return this.#pump();
      entry.error = error;
      entry.state = 'failed';
    }
    this.#pump();
    this.#onReady();
  }

  #letGo(batch: LeasedBatch): void {
    batch.release();
    this.#numHeld -= 1;
    this.#pump();
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    entry.state = 'dropped';
    if (entry.batch) this.#letGo(entry.batch);
  }
}

const keyOf = (step: number, microbatch: number): string => `${step}/${microbatch}`;

function wasDropped(entry: Entry): boolean {
  return entry.state === 'dropped';
}

function byTurn(a: Entry, b: Entry): number {
  return a.step - b.step || a.lease.index - b.lease.index;
}
