// Whom to ask for the state.

import test from 'ava';
import { rankSources } from '../../../coordinator/replicas/rank-sources.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createFakePeer } from '../../helpers/fake-peers.js';
import { createTransferBench } from '../../helpers/transfers.js';

const bench = createTransferBench();
const options = { transfers: bench.transfers, driver: { committed: 10 }, heartbeatMs: 1000, now: () => 10_000 };
const peer = (id: string, fields: Partial<Peer> = {}): Peer => createFakePeer(id, { step: 9, confirmed: 1, samplesDone: 8, lastHeardMs: 9500, ...fields }).peer;
const order = (...peers: Peer[]): string[] => rankSources(peers, options).map(({ id }) => id);

test('a worker that is stopped, idle, behind, unproven or busy is asked after the others', (t) => {
  const busy = peer('busy');
  bench.transfers.start({ source: busy, step: 10, onChunk() {}, onFail() {} });
  t.deepEqual(order(peer('stopped', { lastHeardMs: 6000 }), peer('new', { confirmed: 0 }), peer('behind', { step: 7 }), busy, peer('idle', { samplesDone: 0 }), peer('good')), ['good', 'busy', 'behind', 'new', 'idle', 'stopped']);
});

test('a worker that did not give its state when it was asked is asked last', (t) => {
  const failing = peer('failing');
  bench.transfers.start({ source: failing, step: 10, onChunk() {}, onFail() {} });
  bench.transfers.dropSource(failing);
  t.deepEqual(order(failing, peer('stopped', { lastHeardMs: 0 })), ['stopped', 'failing']);
});

test('the last commit may be on its way: who has applied it is no better than who is about to', (t) => {
  t.deepEqual(order(peer('a', { step: 9 }), peer('b', { step: 10 })), ['a', 'b']);
});
