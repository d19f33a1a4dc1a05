import test from 'ava';
import type { SavedState } from '../../../coordinator/checkpoints/store.js';
import type { Peer } from '../../../coordinator/replicas/peer.js';
import { createStateSaver, type StateSaver } from '../../../coordinator/replicas/state-saver.js';
import type { Transfers } from '../../../coordinator/replicas/transfers.js';
import type { StageEvent } from '../../../coordinator/run/events.js';
import { digestOf } from '../../../shared/tensors/digest.js';
import { createFakePeer, type FakePeer } from '../../helpers/fake-peers.js';
import { createTransferBench } from '../../helpers/transfers.js';

const STATE = Float32Array.of(1, 2, 3, 4);

interface Bench {
  readonly saver: StateSaver;
  readonly transfers: Transfers;
  readonly sources: FakePeer[];
  readonly written: { step: number; saved: SavedState }[];
  readonly events: StageEvent[];
  committed: number;
  writeError: Error | undefined;
  /** The source answers the n-th request, whole or its first half. */
  answer(source: Peer, id: number, length?: number): void;
}

function createBench(...names: string[]): Bench {
  const transfers = createTransferBench().transfers;
  const bench: Bench = {
    transfers, sources: names.map((name) => createFakePeer(name)), written: [], events: [], committed: 8, writeError: undefined,
    saver: createStateSaver({
      transfers,
      pickSource: () => bench.sources[0]?.peer,
      committed: () => bench.committed,
      stateLength: STATE.length,
      write(step, saved) {
        if (bench.writeError) return Promise.reject(bench.writeError);
        bench.written.push({ step, saved });
        return Promise.resolve(`step-${step}`);
      },
      emit: (event) => bench.events.push(event),
    }),
    answer(source, id, length = STATE.length) {
      for (let offset = 0; offset < length; offset += 2) {
        transfers.handleChunk(source, { type: 'snapshot', id, step: 8, offset, total: STATE.length }, STATE.slice(offset, offset + 2));
      }
    },
  };
  return bench;
}

test('the state of the last commit is written with its hash, and said', async (t) => {
  const bench = createBench('a');
  const saving = bench.saver.save();
  bench.answer(bench.sources[0]!.peer, 1);
  await saving;
  t.deepEqual(bench.written, [{ step: 8, saved: { state: STATE, sha256: digestOf(STATE) } }]);
  t.deepEqual(bench.events, [{ type: 'checkpointSaved', step: 8, path: 'step-8' }]);
});

test('a step is saved once, however often it is asked for', async (t) => {
  const bench = createBench('a');
  const both = [bench.saver.save(), bench.saver.save()];
  bench.answer(bench.sources[0]!.peer, 1);
  await Promise.all(both);
  await bench.saver.save();
  t.is(bench.written.length, 1);
  t.is(bench.sources[0]!.sent.length, 1);
});

test('a source that leaves half-way is replaced, and nothing of it stays', async (t) => {
  const bench = createBench('a', 'b');
  const saving = bench.saver.save();
  const [gone] = bench.sources.splice(0, 1) as [FakePeer];
  bench.answer(gone.peer, 1, 2);
  bench.transfers.dropSource(gone.peer);
  bench.answer(bench.sources[0]!.peer, 2);
  await saving;
  t.deepEqual(bench.written[0]!.saved, { state: STATE, sha256: digestOf(STATE) });
});

test('with nobody left, or with the step gone by, it rejects, and a later attempt is a new one', async (t) => {
  const bench = createBench('a');
  const [source] = bench.sources.splice(0, 1) as [FakePeer];
  await t.throwsAsync(bench.saver.save(), { message: /no worker is left/ });
  bench.sources.push(source);
  const late = bench.saver.save();
  bench.committed = 9;
  bench.transfers.dropSource(source.peer);
  await t.throwsAsync(late, { message: /the worker that had it left/ });
  bench.committed = 8;
  const again = bench.saver.save();
  bench.answer(source.peer, 2);
  await again;
  t.is(bench.written.length, 1);
});

test('what the disk says is passed on, and settled waits for it without throwing', async (t) => {
  const bench = createBench('a');
  bench.writeError = new Error('the disk is full');
  await bench.saver.settled();
  const saving = bench.saver.save();
  const settled = bench.saver.settled();
  bench.answer(bench.sources[0]!.peer, 1);
  await t.throwsAsync(saving, { message: 'the disk is full' });
  await t.notThrowsAsync(settled);
});

test('a save that failed is owed until one succeeds', async (t) => {
  const bench = createBench();
  t.false(bench.saver.isOwed);
  await t.throwsAsync(bench.saver.save());
  t.true(bench.saver.isOwed);
  bench.sources.push(createFakePeer('a'));
  const saving = bench.saver.save();
  bench.answer(bench.sources[0]!.peer, 1);
  await saving;
  t.false(bench.saver.isOwed);
});
