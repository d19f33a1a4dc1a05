// States on their way: a worker in step sends its state in chunks, and each goes on to a joining worker or into a checkpoint.

import type { Message } from '../../shared/protocol/messages.js';
import type { Peer } from './peer.js';

export interface Transfer {
  readonly source: Peer;
  readonly step: number;
  /** Takes ownership of the values. */
  onChunk(offset: number, total: number, values: Float32Array): void;
  /** The source is gone or has another step: ask someone else. */
  onFail(): void;
}

export interface Transfers {
  /** Asks the source for its state as of the step, which must be the last one that it was told to apply. */
  start(transfer: Transfer): void;
  handleChunk(peer: Peer, message: Message<'snapshot'>, values: Float32Array): void;
  /** Fails what came from a worker that is gone. */
  dropSource(peer: Peer): void;
  sourcesInUse(): readonly Peer[];
}

export function createTransfers(): Transfers {
  const open = new Map<number, { transfer: Transfer; received: number }>();
  let lastId = 0;

  function fail(id: number, transfer: Transfer): void {
    open.delete(id);
    transfer.onFail();
  }

  return {
    start(transfer) {
      lastId += 1;
      open.set(lastId, { transfer, received: 0 });
      transfer.source.channel.send({ type: 'sendState', id: lastId });
    },
    handleChunk(peer, { id, step, offset, total }, values) {
      const entry = open.get(id);
      if (!entry || entry.transfer.source !== peer) return;
      if (step !== entry.transfer.step || offset !== entry.received) return fail(id, entry.transfer);
      entry.received += values.length;
      if (entry.received >= total) open.delete(id);
      entry.transfer.onChunk(offset, total, values);
    },
    dropSource(peer) {
      for (const [id, { transfer }] of [...open]) if (transfer.source === peer) fail(id, transfer);
    },
    sourcesInUse: () => [...open.values()].map(({ transfer }) => transfer.source),
  };
}
