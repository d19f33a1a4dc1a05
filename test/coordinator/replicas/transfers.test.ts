import test from 'ava';
import { digestOf } from '../../../shared/tensors/digest.js';
import type { Transfers } from '../../../coordinator/replicas/transfers.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createFakePeer } from '../../helpers/fake-peers.js';
import { createTransferBench } from '../../helpers/transfers.js';

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
  const transfers = createTransferBench().transfers;
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
  const transfers = createTransferBench().transfers;
  const { peer } = createFakePeer('a');
  const first = start(transfers, peer, 7);
  const second = start(transfers, peer, 8);
  giveChunk(transfers, peer, [2, 8, 0], [5, 6]);
  giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
  t.deepEqual(first.chunks, [[0, 4, [1, 2]]]);
  t.deepEqual(second.chunks, [[0, 4, [5, 6]]]);
});

test('a state of another step fails the transfer once, and what comes of it later is ignored', (t) => {
  const { transfers } = createTransferBench();
  const { peer } = createFakePeer('a');
  const { chunks, numFailed } = start(transfers, peer, 7);
  giveChunk(transfers, peer, [1, 8, 0], [1, 2]);
  giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
  t.is(numFailed(), 1);
  t.deepEqual(chunks, []);
  t.is(transfers.failuresOf(peer), 1);
});

for (const [what, offset, values] of [['with a hole', 2, [1, 2]], ['of more numbers than a state has', 0, [1, 2, 3, 4, 5]], ['in empty chunks', 0, []]] as const) {
  test(`a state ${what} fails the transfer and is the source's fault`, (t) => {
    const { transfers } = createTransferBench();
    const { peer } = createFakePeer('a');
    const { chunks, numFailed } = start(transfers, peer, 7);
    t.throws(() => giveChunk(transfers, peer, [1, 7, offset], values));
    t.deepEqual([chunks.length, numFailed()], [0, 1]);
  });
}

test('a state that is not the one that the replicas agreed on goes no further', (t) => {
  const { transfers, digests } = createTransferBench();
  const { peer } = createFakePeer('a');
  digests.set(7, digestOf(Float32Array.of(1, 2, 3)));
  const right = start(transfers, peer, 7);
  giveChunk(transfers, peer, [1, 7, 0], [1, 2]);
  giveChunk(transfers, peer, [1, 7, 2], [3, 4]);
  t.deepEqual([right.chunks.length, right.numFailed()], [2, 0]);
  const wrong = start(transfers, peer, 7);
  giveChunk(transfers, peer, [2, 7, 0], [1, 9]);
  t.throws(() => giveChunk(transfers, peer, [2, 7, 2], [3, 4]), { message: /not the one that the replicas have/ });
  t.deepEqual([wrong.chunks.length, wrong.numFailed()], [1, 1]);
});

test('a source that says nothing for a minute is left for another, and what it sends later is bounded', (t) => {
  const bench = createTransferBench();
  const { peer } = createFakePeer('a');
  const { numFailed } = start(bench.transfers, peer, 7);
  bench.nowMs = 59_000;
  bench.transfers.tick();
  giveChunk(bench.transfers, peer, [1, 7, 0], [1, 2]);
  bench.nowMs = 110_000;
  bench.transfers.tick();
  t.is(numFailed(), 0);
  bench.nowMs = 120_000;
  bench.transfers.tick();
  t.is(numFailed(), 1);
  giveChunk(bench.transfers, peer, [1, 7, 2], [3, 4]);
  t.throws(() => giveChunk(bench.transfers, peer, [1, 7, 2], [3, 4]), { message: /was not asked for/ });
});

test('chunks from a worker that was not asked are its fault, and change nothing', (t) => {
  const { transfers } = createTransferBench();
  const { chunks, numFailed } = start(transfers, createFakePeer('a').peer, 7);
  t.throws(() => giveChunk(transfers, createFakePeer('b').peer, [1, 7, 0], [1, 2]));
  t.throws(() => giveChunk(transfers, createFakePeer('a').peer, [9, 7, 0], [1, 2]));
  t.deepEqual([chunks.length, numFailed()], [0, 0]);
});

test('a source that is gone fails all that it was sending, and nothing else', (t) => {
  const transfers = createTransferBench().transfers;
  const [a, b] = [createFakePeer('a').peer, createFakePeer('b').peer];
  const [first, second, other] = [start(transfers, a, 7), start(transfers, a, 7), start(transfers, b, 7)];
  transfers.dropSource(a);
  t.deepEqual([first, second, other].map(({ numFailed }) => numFailed()), [1, 1, 0]);
  t.deepEqual(transfers.sourcesInUse(), [b]);
});

test('who is asked again when a transfer fails may be asked from within', (t) => {
  const transfers = createTransferBench().transfers;
  const [a, b] = [createFakePeer('a'), createFakePeer('b')];
  transfers.start({ source: a.peer, step: 7, onChunk() {}, onFail: () => void start(transfers, b.peer, 7) });
  transfers.dropSource(a.peer);
  t.deepEqual(b.sent, [{ type: 'sendState', id: 2 }]);
});
