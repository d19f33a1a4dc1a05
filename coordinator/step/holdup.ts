// What a step that stands still waits for, in words.

import { indicesWhere, type MachineState, type Slot } from './state.js';

/** Nothing has come of a step for so long: it is said what it waits for. */
const STANDING_MS = 60_000;

/** Looks now and then; says once what a step that stands waits for, and again when it stands after it has moved. */
export function createHoldupWatch(describe: (patienceMs: number) => string | undefined, onStanding: (reason: string) => void): () => void {
  let before: string | undefined;
  return () => {
    const reason = describe(STANDING_MS);
    if (reason !== undefined && before === undefined) onStanding(reason);
    before = reason;
  };
}

/** Names every microbatch that is missing, by whoever holds it. */
export function describeHoldup(state: MachineState, nowMs: number): string {
  const step = state.committed + 1;
  if (state.isCommitting) return `step ${step} waits for the disk that the journal is on`;
  const slots = state.steps.get(step) ?? [];
  const missing = new Map<string, number[]>();
  for (const microbatch of indicesWhere(slots, ({ isDone }) => !isDone)) {
    const holders = describeHolders(slots[microbatch]!, nowMs);
    missing.set(holders, [...(missing.get(holders) ?? []), microbatch]);
  }
  const parts = [...missing].map(([holders, microbatches]) => `${microbatches.join(', ')} of ${holders}`);
  return `step ${step} waits for microbatches ${parts.join('; ')}`;
}

function describeHolders({ leases }: Slot, nowMs: number): string {
  if (leases.length === 0) return 'nobody';
  return leases.map(({ worker, sinceMs, isComputed }) => {
    const seconds = Math.round((nowMs - sinceMs) / 1000);
    return isComputed ? `${worker}, who has computed and not sent them for ${seconds} s` : `${worker}, silent for ${seconds} s`;
  }).join(' and ');
}
