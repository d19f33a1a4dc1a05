// Data that take time on the virtual clock, prepared by the real prefetcher, and the loop that drives both.

import { createPrefetcher, type Prefetcher } from '../../worker/data/prefetcher.js';
import type { LeasedBatch } from '../../worker/data/leased-batch.js';
import { nextMs, send, TICK_MS, work, type World } from './world.js';

export interface Preparation {
  readonly prefetcher: Prefetcher;
  /** Ends what is due. */
  finish(nowMs: number): void;
  /** When the next batch is due. */
  nextMs(): number;
}

/** `clock.nowMs` is when what is being asked for begins; each batch takes `ms`, as many at a time as there is room. */
export function createPreparation(clock: { readonly nowMs: number }, ms: number, room: number): Preparation {
  let pending: { readonly untilMs: number; readonly resolve: (batch: LeasedBatch) => void }[] = [];
  return {
    prefetcher: createPrefetcher(() => new Promise((resolve) => pending.push({ untilMs: clock.nowMs + ms, resolve })), room, () => {}),
    finish(nowMs) {
      const due = pending.filter(({ untilMs }) => untilMs <= nowMs);
      pending = pending.filter(({ untilMs }) => untilMs > nowMs);
      for (const { resolve } of due) resolve({ arrays: {}, weights: new Float32Array(1), instances: new Int32Array(1), unusable: [], samples: [], release() {} });
    },
    nextMs: () => Math.min(...pending.map(({ untilMs }) => untilMs)),
  };
}

export interface Clock {
  nowMs: number;
}

/** Runs until finished or `limitMs` of virtual time have passed; returns the time it took. `disturb` is called at every tick. */
export async function runPrepared(world: World, clock: Clock, limitMs: number, disturb: (nowMs: number) => void): Promise<number> {
  while (clock.nowMs < limitMs) {
    const { nowMs } = clock;
    const isTick = nowMs % TICK_MS === 0;
    if (isTick) disturb(nowMs);
    for (const { data } of world.workers.values()) data?.finish(nowMs);
    // The prefetcher hears of it.
    for (let i = 0; i < 6; i++) await Promise.resolve();
    work(world, nowMs);
    if (isTick) send(world, { type: 'tick' }, nowMs);
    if (world.isFinished) return nowMs;
    const ready = [...world.workers.values()].flatMap(({ data }) => data?.nextMs() ?? []);
    clock.nowMs = Math.max(nowMs + 0.001, Math.min(nextMs(world, nowMs), ...ready));
  }
  return Infinity;
}
