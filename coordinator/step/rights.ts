// What a worker in step may send of its work: the counts of microbatches that it was leased, each once, and sums of what it has counted,
// each once, chunk after chunk. Leaves out what the numbers are.

import type { Message } from '../../shared/protocol/messages.js';
import { leavesOf, rootLevel } from '../../shared/tensors/tree-sum.js';
import type { Holding } from './state.js';

export interface WorkRights {
  /** The worker may compute these. A lease that is taken back still counts: its result may be on the way. */
  grant(holding: Omit<Holding, 'worker'>): void;
  /** Uses up a lease. Throws where there is none. */
  useLease(step: number, microbatch: number): void;
  /** True while the worker may still send counts of the microbatch. */
  hasLease(step: number, microbatch: number): boolean;
  /** Takes a chunk of a sum; its last one uses up the counts of its leaves. Throws on what was not counted, and on a chunk out of order. */
  takeChunk(message: Message<'partial'>, length: number): void;
  /** The worker has applied the step: it computes nothing more of it, but sums may still be on the way. */
  closeStep(step: number): void;
}

export interface WorkRightsOptions {
  readonly microbatches: number;
  /** Elements of the flat gradient. */
  readonly gradientLength: number;
}

type Counts = Map<number, Map<number, number>>;

/** Adds to the count of a microbatch of a step. */
function add(counts: Counts, step: number, microbatch: number, by: number): void {
  const ofStep = counts.get(step) ?? new Map<number, number>();
  counts.set(step, ofStep.set(microbatch, (ofStep.get(microbatch) ?? 0) + by));
}

export function createWorkRights({ microbatches, gradientLength }: WorkRightsOptions): WorkRights {
  const leases: Counts = new Map();
  const counted: Counts = new Map();
  let applied = 0;
  /** Elements that it may still send: a whole gradient for each microbatch that it has counted. */
  let credit = 0;
  /** The sum that is on its way, and where its next chunk begins. */
  let sending: { readonly node: string; readonly next: number } | undefined;

  const countOf = (counts: Counts, step: number, microbatch: number): number => counts.get(step)?.get(microbatch) ?? 0;

  return {
    grant({ step, microbatches: granted }) {
      for (const microbatch of granted) add(leases, step, microbatch, 1);
    },
    useLease(step, microbatch) {
      if (countOf(leases, step, microbatch) === 0) throw new Error(`microbatch ${microbatch} of step ${step} was not leased to it, or was computed already`);
      add(leases, step, microbatch, -1);
      add(counted, step, microbatch, 1);
      credit += gradientLength;
    },
    hasLease: (step, microbatch) => countOf(leases, step, microbatch) > 0,
    takeChunk({ step, level, index, offset, total }, length) {
      const { start, end } = level > rootLevel(microbatches) ? { start: 0, end: 0 } : leavesOf({ level, index }, microbatches);
      if (start >= end) throw new Error(`node ${level}/${index} of a sum over ${microbatches} microbatches`);
      if (total !== gradientLength) throw new Error(`a sum of ${total} numbers, expected ${gradientLength}`);
      const node = `${step}/${level}/${index}`;
      if (sending ? sending.node !== node || sending.next !== offset : offset !== 0) throw new Error(`a chunk at ${offset} of sum ${node} is out of order`);
      credit -= length;
      if (length === 0 || offset + length > total || credit < 0) throw new Error(`${length} numbers at ${offset} of sum ${node} are more than it has computed`);
      const isWhole = offset + length === total;
      sending = isWhole ? undefined : { node, next: offset + length };
      // Of a step that the worker has applied already nothing is looked at.
      if (step <= applied) return;
      for (let leaf = start; leaf < end; leaf++) {
        if (countOf(counted, step, leaf) === 0) throw new Error(`a partial sum of microbatch ${leaf} came before its counts`);
        if (isWhole) add(counted, step, leaf, -1);
      }
    },
    closeStep(step) {
      applied = step;
      for (const counts of [leases, counted]) for (const each of [...counts.keys()]) if (each <= step) counts.delete(each);
    },
  };
}

/** The rights of a worker that is in step; throws for any other. */
export function rightsOf({ rights }: { readonly rights: WorkRights | undefined }): WorkRights {
  if (!rights) throw new Error('a result came from a worker that is not in step');
  return rights;
}
