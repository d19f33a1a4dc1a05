import test from 'ava';
import { createTransfers, type Transfers } from '../../../coordinator/replicas/transfers.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createFakePeer } from '../../helpers/fake-peers.js';

interface Started {
  readonly chunks: [number, number, readonly number[]][];
  readonly numFailed: () => number;
}

function start(transfers: Transfers, source: Peer, step: number): Started {
  const chunks: Started['chunks'] = [];
  let numFailed = 0;
  transfers.start({ source, step, onChunk: (offset, total, values) => chunks.push([offset, total, [...values]]), onFail: () => { numFailed += 1; } });
  return { chunks, numFailed: () => numFailed };
}

function giveChunk(transfers: Transfers, peer: Peer, [id, step, offset]: readonly [number, number, number], values: readonly number[]): void {
  transfers.handleChunk(peer, { type: 'snapshot', id, step, offset, total: 4 }, Float32Array.from(values));
}

test('the source is asked for its state, and its chunks go on in order until the last', (t) => {
  const transfers = createTransfers();
  const { peer, sent } = createFakePeer('a');
  const { chunks } = start(transfers, peer, 7);
  t.deepEqual(sent, [{ type: 'sendState', id: 1 }]);
  t.deepEqual(transfers.sourcesInUse(), [peer]);
  giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
  t.deepEqual(transfers.sourcesInUse(), [peer]);
  giveChunk(transfers, peer, [1, 7, 2], [3, 4]);
  t.deepEqual(chunks, [[0, 4, [1, 2]], [2, 4, [3, 4]]]);
  t.deepEqual(transfers.sourcesInUse(), []);
});

test('two transfers from one source do not mix', (t) => {
  const transfers = createTransfers();
  const { peer } = createFakePeer('a');
  const first = start(transfers, peer, 7);
  const second = start(transfers, peer, 8);
  giveChunk(transfers, peer, [2, 8, 0], [5, 6]);
  giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
  t.deepEqual(first.chunks, [[0, 4, [1, 2]]]);
  t.deepEqual(second.chunks, [[0, 4, [5, 6]]]);
});

test('a state of another step, or with a hole, fails the transfer once, and what comes after is ignored', (t) => {
  for (const wrong of [[1, 8, 0], [1, 7, 2]] as const) {
    const transfers = createTransfers();
    const { peer } = createFakePeer('a');
    const { chunks, numFailed } = start(transfers, peer, 7);
    giveChunk(transfers, peer, wrong, [1, 2]);
    giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
    t.is(numFailed(), 1);
    t.deepEqual(chunks, []);
  }
});

test('chunks from a worker that was not asked are ignored', (t) => {
  const transfers = createTransfers();
  const { chunks, numFailed } = start(transfers, createFakePeer('a').peer, 7);
  giveChunk(transfers, createFakePeer('b').peer, [1, 7, 0], [1, 2]);
  t.deepEqual([chunks.length, numFailed()], [0, 0]);
});

test('a source that is gone fails all that it was sending, and nothing else', (t) => {
  const transfers = createTransfers();
  const [a, b] = [createFakePeer('a').peer, createFakePeer('b').peer];
  const [first, second, other] = [start(transfers, a, 7), start(transfers, a, 7), start(transfers, b, 7)];
  transfers.dropSource(a);
  t.deepEqual([first, second, other].map(({ numFailed }) => numFailed()), [1, 1, 0]);
  t.deepEqual(transfers.sourcesInUse(), [b]);
});

test('who is asked again when a transfer fails may be asked from within', (t) => {
  const transfers = createTransfers();
  const [a, b] = [createFakePeer('a'), createFakePeer('b')];
  transfers.start({ source: a.peer, step: 7, onChunk() {}, onFail: () => void start(transfers, b.peer, 7) });
  transfers.dropSource(a.peer);
  t.deepEqual(b.sent, [{ type: 'sendState', id: 2 }]);
});
