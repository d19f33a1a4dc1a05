// A connected worker, as the coordinator sees it.

import type { Channel } from '../../shared/protocol/channel.js';
import type { FromCoordinator } from '../../shared/protocol/messages.js';
import type { WorkRights } from '../step/rights.js';

/**
 * `greeting`: connected, model not ready. `standby`: ready, without a place in the run yet. `syncing`: its state is on the way.
 * `active`: in step, may hold leases. `draining`: on its way out, holds none.
 */
export type PeerPhase = 'greeting' | 'standby' | 'syncing' | 'active' | 'draining';

export interface Peer {
  readonly channel: Channel<FromCoordinator>;
  readonly address: string;
  readonly openedMs: number;
  /** Set by its hello. */
  id: string;
  session: string;
  backend: string;
  host: string;
  pid: number;
  phase: PeerPhase;
  /** Last step applied to the state it holds; undefined without one. */
  step: number | undefined;
  /** Step of the state that it was sent, or is to make. */
  begun: number | undefined;
  /** What it may send of its work; from when it is in step. */
  rights: WorkRights | undefined;
  /** How often its digest was that of most. */
  confirmed: number;
  /** When its phase changed, or a part of its state was sent to it. */
  movedMs: number;
  lastHeardMs: number;
  /** It is not listened to while something that it said is looked into. */
  isHeld: boolean;
  samplesDone: number;
}

export function createPeer(channel: Channel<FromCoordinator>, address: string, nowMs: number): Peer {
  return {
    channel, address, openedMs: nowMs, id: '', session: '', backend: '', host: '', pid: 0,
    phase: 'greeting', step: undefined, begun: undefined, rights: undefined, confirmed: 0, movedMs: nowMs, lastHeardMs: nowMs, isHeld: false, samplesDone: 0,
  };
}

/** True when the worker gets averages and commits: it is in step, or will be once its state has come. */
export function isReceiving(peer: Peer): boolean {
  return peer.phase === 'syncing' || peer.phase === 'active' || peer.phase === 'draining';
}
