// States on their way: a worker sends its state in chunks, and each goes on to a joining worker or into a checkpoint. A source that is
// silent for long, or that sends another state than the replicas have, is left for the next.

import { createHash, type Hash } from 'node:crypto';
import type { Message } from '../../shared/protocol/messages.js';
import type { Peer } from './peer.js';

export interface Transfer {
  readonly source: Peer;
  readonly step: number;
  /** Takes ownership of the values. */
  onChunk(offset: number, total: number, values: Float32Array): void;
  /** The source is gone, silent, or has another state: ask someone else. */
  onFail(): void;
}

export interface TransfersOptions {
  /** Elements of a whole state, and of the values that it begins with: what digests are taken of. */
  readonly stateLength: number;
  readonly valuesLength: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** True for a step whose digest the replicas compare. */
  isCompared(step: number): boolean;
  /** SHA-256 of the values after a step, where the replicas have agreed on it. */
  digestAt(step: number): string | undefined;
}

export interface Transfers {
  /** Asks the source for its state as of the step, which must be the last one that it was told to apply. */
  start(transfer: Transfer): void;
  /** Throws on what the source was not asked for. */
  handleChunk(peer: Peer, message: Message<'snapshot'>, values: Float32Array): void;
  /** Fails what came from a worker that is gone. */
  dropSource(peer: Peer): void;
  /** Fails what nothing has come of for long. */
  tick(): void;
  sourcesInUse(): readonly Peer[];
  /** How often the worker failed to give its state. */
  failuresOf(peer: Peer): number;
}

/** A worker answers between two microbatches. */
const PATIENCE_MS = 60_000;

interface Open {
  readonly transfer: Transfer;
  /** Absent where there will be no digest to compare with. */
  readonly hash: Hash | undefined;
  received: number;
  lastMs: number;
}

export function createTransfers({ stateLength, valuesLength, now, isCompared, digestAt }: TransfersOptions): Transfers {
  const open = new Map<number, Open>();
  /** What is left of states that nobody wants any more, by number: they may still be coming. */
  const unwanted = new Map<number, { readonly source: Peer; left: number }>();
  const failures = new WeakMap<Peer, number>();
  let lastId = 0;

  function fail(id: number, { transfer, received }: Open): void {
    const { source } = transfer;
    open.delete(id);
    unwanted.set(id, { source, left: stateLength - received });
    failures.set(source, (failures.get(source) ?? 0) + 1);
    transfer.onFail();
  }

  function ignore(peer: Peer, id: number, length: number): void {
    const rest = unwanted.get(id);
    if (rest?.source !== peer || length > rest.left) throw new Error(`a state of number ${id} that it was not asked for`);
    rest.left -= length;
    if (rest.left === 0) unwanted.delete(id);
  }

  return {
    start(transfer) {
      lastId += 1;
      open.set(lastId, { transfer, hash: isCompared(transfer.step) ? createHash('sha256') : undefined, received: 0, lastMs: now() });
      transfer.source.channel.send({ type: 'sendState', id: lastId });
    },
    handleChunk(peer, { id, step, offset, total }, values) {
      const entry = open.get(id);
      if (entry?.transfer.source !== peer) return ignore(peer, id, values.length);
      if (step !== entry.transfer.step) return fail(id, entry);
      if (total !== stateLength || offset !== entry.received || values.length === 0 || offset + values.length > total) {
        fail(id, entry);
        throw new Error(`${values.length} numbers at ${offset} of a state of ${total}, expected ${stateLength} in order`);
      }
      if (entry.hash) entry.hash.update(bytesOf(values.subarray(0, Math.max(0, valuesLength - entry.received))));
      entry.received += values.length;
      entry.lastMs = now();
      if (entry.received === total) {
        const expected = digestAt(step);
        if (expected !== undefined && entry.hash?.digest('hex') !== expected) {
          fail(id, entry);
          throw new Error(`a state of step ${step} that is not the one that the replicas have`);
        }
        open.delete(id);
      }
      entry.transfer.onChunk(offset, total, values);
    },
    dropSource(peer) {
      for (const [id, entry] of [...open]) if (entry.transfer.source === peer) fail(id, entry);
      for (const [id, { source }] of [...unwanted]) if (source === peer) unwanted.delete(id);
    },
    tick() {
      for (const [id, entry] of [...open]) if (now() - entry.lastMs > PATIENCE_MS) fail(id, entry);
    },
    sourcesInUse: () => [...open.values()].map(({ transfer }) => transfer.source),
    failuresOf: (peer) => failures.get(peer) ?? 0,
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
