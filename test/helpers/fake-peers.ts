// Workers as the coordinator sees them, without connections: what is sent to them is kept.

import { createPeer, type Peer } from '../../coordinator/replicas/peer.js';
import type { Channel } from '../../shared/protocol/channel.js';
import type { FromCoordinator } from '../../shared/protocol/messages.js';

export interface FakePeer {
  readonly peer: Peer;
  readonly sent: FromCoordinator[];
  /** Code and reason of every closing. */
  readonly closed: string[];
}

export function createFakePeer(id: string, fields: Partial<Peer> = {}): FakePeer {
  const sent: FromCoordinator[] = [];
  const closed: string[] = [];
  const channel: Channel<FromCoordinator> = {
    send: (message) => void sent.push(message),
    sendBulk(messageAt, values, range) {
      sent.push(messageAt(range?.offset ?? 0, values.length));
      return Promise.resolve();
    },
    flushed: () => Promise.resolve(),
    ping() {},
    close: (code, reason) => void closed.push(`${code} ${reason}`),
    terminate: () => void closed.push('terminated'),
    isOpen: true,
  };
  return { peer: Object.assign(createPeer(channel, `address of ${id}`, 0), { id, phase: 'active', ...fields }), sent, closed };
}
