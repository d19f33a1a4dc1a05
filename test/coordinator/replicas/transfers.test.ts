import test from 'ava';
import { digestOf } from '../../../shared/tensors/digest.js';
import type { Transfers } from '../../../coordinator/replicas/transfers.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createFakePeer, type FakePeer } from '../../helpers/fake-peers.js';
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

for (const [what, offset, values] of [['with a hole', 2, [1, 2]], ['of more numbers than a state has', 0, [1, 2, 3, 4, 5]], ['in empty chunks', 0, []], ['in chunks of one number', 0, [1]]] as const) {
  test(`a state ${what} fails the transfer and is the source's fault`, (t) => {
    const { transfers } = createTransferBench();
    const { peer } = createFakePeer('a');
    const { chunks, numFailed } = start(transfers, peer, 7);
    t.throws(() => giveChunk(transfers, peer, [1, 7, offset], values));
    t.deepEqual([chunks.length, numFailed()], [0, 1]);
  });
}

/** Gives the state [1, 2, 3, last] of step 7 as transfer `id`. */
function giveState(transfers: Transfers, peer: Peer, id: number, last = 4): void {
  giveChunk(transfers, peer, [id, 7, 0], [1, 2]);
  giveChunk(transfers, peer, [id, 7, 2], [3, last]);
}

const sayHash = (transfers: Transfers, peer: Peer, id: number, last = 4, step = 7): void =>
  transfers.handleDigest(peer, { type: 'digest', id, step, sha256: digestOf(Float32Array.of(1, 2, 3, last)) });

test('the last chunk goes on when others that have the state have said its hash, before it comes or after', (t) => {
  const bench = createTransferBench();
  const { transfers } = bench;
  const [source, early, late] = ['source', 'early', 'late'].map((name) => createFakePeer(name)) as [FakePeer, FakePeer, FakePeer];
  bench.witnesses.push(early.peer, late.peer);
  const { chunks } = start(transfers, source.peer, 7);
  t.deepEqual([source.sent, early.sent, late.sent], [[{ type: 'sendState', id: 1 }], [{ type: 'sendDigest', id: 1 }], [{ type: 'sendDigest', id: 1 }]]);
  sayHash(transfers, early.peer, 1);
  giveState(transfers, source.peer, 1);
  t.is(chunks.length, 1);
  sayHash(transfers, late.peer, 1);
  t.is(chunks.length, 2);
  t.deepEqual(bench.outliers, []);
  t.throws(() => sayHash(transfers, late.peer, 1), { message: /was not asked for/ });
});

test('a source whose state is not that of two others fails, and is named', (t) => {
  const bench = createTransferBench();
  const [source, b, c] = ['source', 'b', 'c'].map((name) => createFakePeer(name).peer) as [Peer, Peer, Peer];
  bench.witnesses.push(b, c);
  const { chunks, numFailed } = start(bench.transfers, source, 7);
  giveState(bench.transfers, source, 1, 9);
  sayHash(bench.transfers, b, 1);
  sayHash(bench.transfers, c, 1);
  t.deepEqual([chunks.length, numFailed(), bench.transfers.failuresOf(source)], [1, 1, 1]);
  t.deepEqual(bench.outliers, [source]);
});

test('one of two others that says another hash is named, and the state goes on', (t) => {
  const bench = createTransferBench();
  const [source, b, c] = ['source', 'b', 'c'].map((name) => createFakePeer(name).peer) as [Peer, Peer, Peer];
  bench.witnesses.push(b, c);
  const { chunks, numFailed } = start(bench.transfers, source, 7);
  giveState(bench.transfers, source, 1);
  sayHash(bench.transfers, b, 1, 9);
  sayHash(bench.transfers, c, 1);
  t.deepEqual([chunks.length, numFailed(), bench.outliers.length, bench.outliers[0]], [2, 0, 1, b]);
});

test('of two that differ the one that was right before is right', (t) => {
  const bench = createTransferBench();
  const [source, known] = [createFakePeer('source').peer, createFakePeer('known', { confirmed: 1 }).peer];
  bench.witnesses.push(known);
  const { numFailed } = start(bench.transfers, source, 7);
  giveState(bench.transfers, source, 1);
  sayHash(bench.transfers, known, 1, 9);
  t.deepEqual([numFailed(), bench.outliers[0]], [1, source]);
});

test('others that leave, say nothing for long, or are at another step hold nothing up', (t) => {
  const bench = createTransferBench();
  const { transfers } = bench;
  const [source, gone, silent, ahead] = ['source', 'gone', 'silent', 'ahead'].map((name) => createFakePeer(name).peer) as [Peer, Peer, Peer, Peer];
  bench.witnesses.push(gone, silent, ahead);
  const { chunks, numFailed } = start(transfers, source, 7);
  giveState(transfers, source, 1);
  transfers.dropSource(gone);
  sayHash(transfers, ahead, 1, 9, 8);
  t.is(chunks.length, 1);
  bench.nowMs = 10_000;
  transfers.tick();
  t.is(chunks.length, 1);
  bench.nowMs = 10_001;
  transfers.tick();
  t.deepEqual([chunks.length, numFailed(), bench.outliers.length], [2, 0, 0]);
  t.deepEqual([gone, silent, ahead].map((peer) => transfers.failuresOf(peer)), [0, 1, 0]);
  t.notThrows(() => sayHash(transfers, silent, 1, 9));
  t.deepEqual(bench.outliers, []);
});

test('a source has the time of three of its microbatches, and five minutes while it is not measured', (t) => {
  for (const [microbatchMs, patienceMs] of [[10, 60_000], [50_000, 150_000], [undefined, 300_000]] as const) {
    const bench = createTransferBench();
    bench.microbatchMs = microbatchMs;
    const { numFailed } = start(bench.transfers, createFakePeer('a').peer, 7);
    for (const [ms, count] of [[patienceMs, 0], [patienceMs + 1, 1]] as const) {
      bench.nowMs = ms;
      bench.transfers.tick();
      t.is(numFailed(), count, `${ms} ms with microbatches of ${microbatchMs} ms`);
    }
  }
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
