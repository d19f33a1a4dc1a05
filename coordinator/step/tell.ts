// What workers are told of a step: its sum as it becomes final, and that it is committed.

import type { Message } from '../../shared/protocol/messages.js';
import { isReceiving, type Peer } from '../replicas/peer.js';
import type { StepRecord } from './record.js';

/** Sends a part of the sum that is final. */
export function sendAverage({ channel }: Peer, { step, reducer }: StepRecord, offset: number, length: number): void {
  void channel.sendBulk((at, total) => ({ type: 'average', step, offset: at, total }), reducer.sum, { offset, length });
}

export function tellAverage(peers: ReadonlySet<Peer>, record: StepRecord, offset: number, length: number): void {
  for (const peer of peers) if (isReceiving(peer)) sendAverage(peer, record, offset, length);
}

export function tellCommitted(peers: ReadonlySet<Peer>, commit: Omit<Message<'commit'>, 'type'>): void {
  for (const peer of peers) if (isReceiving(peer)) peer.channel.send({ type: 'commit', ...commit });
}
