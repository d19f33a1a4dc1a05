// The hash of what a worker sent of microbatches: the sum of their gradients, chunk after chunk, and their counts.

import { createHash } from 'node:crypto';
import type { Message, WeightedSum } from '../../../shared/protocol/messages.js';

export interface ResultHash {
  /** Takes the sum's next chunk. */
  add(values: Float32Array): void;
  /** Elements that were added. */
  readonly length: number;
  /** SHA-256 of all of it, hexadecimal; once. */
  digest(counts: readonly Message<'computed'>[]): string;
}

export function createResultHash(): ResultHash {
  const hash = createHash('sha256');
  let length = 0;
  return {
    add(values) {
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      length += values.length;
    },
    get length() {
      return length;
    },
    digest: (counts) => hash.update(JSON.stringify(counts.map(describe))).digest('hex'),
  };
}

/** What of counts depends on the data and the state alone. */
function describe({ microbatch, weights, terms, metrics, unusable }: Message<'computed'>): unknown[] {
  const sums = (ofNames: Readonly<Record<string, WeightedSum>>): unknown[] => sorted(ofNames).map(([name, { sum, weight }]) => [name, sum, weight]);
  return [microbatch, sorted(weights), sums(terms), sums(metrics), unusable.map(({ position }) => position)];
}

function sorted<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
