// Lets workers go that are silent for long, too far behind, get no further, or never say who they are.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import { maxWaiting } from '../../shared/protocol/lag.js';
import type { Peer, PeerPhase } from './peer.js';
import { Tally } from './tally.js';

/** A worker in step that is further behind than this many steps, or what may wait for it, comes back with a fresh state. */
const MAX_LAG_STEPS = 64;

const SILENT_AFTER_HEARTBEATS = 10;
const SLEPT_AFTER_HEARTBEATS = 3;

/** Steps that a worker in step may be behind. */
export function maxLag(gradientLength: number): number {
  return Math.min(MAX_LAG_STEPS, maxWaiting(gradientLength));
}

/** A connection that has not said who it is by then is cut off. */
const STRANGER_MS = 10_000;
/** Phases that end of themselves; compiling a model, or getting a large state, takes its time. */
const PASSING: ReadonlySet<PeerPhase> = new Set(['greeting', 'syncing', 'draining']);
const IDLE_MS = 1_800_000;
/** A worker that fell behind so often without doing anything is too slow for this run. */
const MAX_FALLS = 3;

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
    if (verdict === 'forgive' || peer.isHeld) peer.lastHeardMs = nowMs;
    else if (verdict === 'cut off') peer.channel.terminate();
  }
  return nowMs;
}

/** Cuts off connections that have not said who they are. */
export function dropStrangers(peers: ReadonlySet<Peer>, nowMs: number, log: Logger): void {
  for (const peer of peers) {
    if (peer.id !== '' || nowMs - peer.openedMs < STRANGER_MS) continue;
    log.warn({ address: peer.address }, 'a connection never said who it is: it is cut off');
    peer.channel.terminate();
  }
}

/** Lets workers go that never get ready, never say that they have the state that they were sent, or never leave though they said so. */
export function dropIdle(peers: ReadonlySet<Peer>, nowMs: number, log: Logger): void {
  for (const { channel, id, phase, movedMs } of peers) {
    if (!PASSING.has(phase) || id === '' || nowMs - movedMs < IDLE_MS) continue;
    log.warn({ worker: id, phase, forMinutes: IDLE_MS / 60_000 }, 'a worker gets no further: it is let go');
    channel.close(CLOSE.restarting, `${phase} for ${IDLE_MS / 60_000} minutes`);
  }
}

export interface LagWatch {
  /** Sends workers back that have not applied steps for long, or whose state does not arrive: what they have still to get fills the memory. */
  dropLaggards(peers: ReadonlySet<Peer>, committed: number): void;
}

export function createLagWatch(gradientLength: number, log: Logger): LagWatch {
  // One that is still getting its state may need longer for that than many small steps take.
  const limits = { syncing: maxWaiting(gradientLength), active: maxLag(gradientLength), draining: maxLag(gradientLength) };
  /** By session: how often it fell behind since it last did something. */
  const falls = new Tally();

  function drop(peer: Peer, step: number, committed: number): void {
    const count = falls.set(peer.session, peer.samplesDone > 0 ? 1 : falls.get(peer.session) + 1);
    log.warn({ worker: peer.id, step, committed, times: count }, 'worker is too far behind');
    if (count < MAX_FALLS) return peer.channel.close(CLOSE.restarting, 'too far behind: it starts over with a fresh state');
    peer.channel.close(CLOSE.refused, 'This worker gets steps more slowly than the others make them. Give it a faster connection, or use fewer workers.');
  }

  return {
    dropLaggards(peers, committed) {
      for (const peer of peers) {
        const { phase } = peer;
        if (phase !== 'syncing' && phase !== 'active' && phase !== 'draining') continue;
        const step = phase === 'syncing' ? peer.begun : peer.step;
        if (peer.channel.isOpen && step !== undefined && committed - step > limits[phase]) drop(peer, step, committed);
      }
    },
  };
}
