// Lets workers go that are silent for long, or too far behind.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Membership } from './membership.js';
import type { Peer } from './peer.js';

/** A worker that is further behind than this many steps, or this many bytes of averages, comes back with a fresh state. */
const MAX_LAG_STEPS = 64;
const MAX_LAG_BYTES = 512 * 1024 * 1024;
/** A few steps are no lag, however large they are. */
const LEAST_LAG_STEPS = 4;

const SILENT_AFTER_HEARTBEATS = 10;
const SLEPT_AFTER_HEARTBEATS = 3;

/** Steps that a worker may be behind. */
export function maxLag(gradientLength: number): number {
  return Math.min(MAX_LAG_STEPS, Math.max(LEAST_LAG_STEPS, Math.floor(MAX_LAG_BYTES / (gradientLength * 4))));
}

export interface Silence {
  /** Since the last look. */
  readonly sinceMs: number;
  /** Since the worker was last heard. */
  readonly silentMs: number;
  readonly heartbeatMs: number;
}

/** `forgive`: this process slept, and the worker's answers wait to be read. */
export function judgeSilence({ sinceMs, silentMs, heartbeatMs }: Silence): 'fine' | 'forgive' | 'cut off' {
  if (sinceMs > SLEPT_AFTER_HEARTBEATS * heartbeatMs) return 'forgive';
  return silentMs > SILENT_AFTER_HEARTBEATS * heartbeatMs ? 'cut off' : 'fine';
}

/** Asks every worker for a sign of life, and cuts off those that gave none for long. Returns when it last asked. */
export function dropSilent(peers: ReadonlySet<Peer>, { now, heartbeatMs }: { now(): number; readonly heartbeatMs: number }, lastMs: number): number {
  const nowMs = now();
  const sinceMs = nowMs - lastMs;
  if (sinceMs < heartbeatMs) return lastMs;
  for (const peer of peers) {
    peer.channel.ping();
    const verdict = judgeSilence({ sinceMs, silentMs: nowMs - peer.lastHeardMs, heartbeatMs });
    if (verdict === 'forgive') peer.lastHeardMs = nowMs;
    if (verdict === 'cut off') peer.channel.terminate();
  }
  return nowMs;
}

/** Sends workers back that have not applied steps for long. */
export function dropLaggards(membership: Membership, committed: number, log: Logger): void {
  const limit = maxLag(membership.layout!.gradientLength);
  for (const peer of membership.active()) {
    if (peer.step === undefined || committed - peer.step <= limit) continue;
    log.warn({ worker: peer.id, step: peer.step, committed }, 'worker is too far behind: it starts over with a fresh state');
    peer.channel.close(CLOSE.restarting, 'too far behind');
  }
}
