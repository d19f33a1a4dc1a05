import test from 'ava';
import { StepAudit, type Findings } from '../../../../coordinator/step/audit/step-audit.js';
import type { Message } from '../../../../shared/protocol/messages.js';

const LENGTH = 4;
const CHUNK = 2;

const countsOf = (microbatch: number): Message<'computed'> =>
  ({ type: 'computed', step: 1, microbatch, weights: { samples: 2 }, terms: { loss: { sum: microbatch, weight: 2 } }, metrics: {}, unusable: [], ms: 1 });
const chunk = (index: number, offset: number): Message<'partial'> => ({ type: 'partial', step: 1, level: 0, index, offset, total: LENGTH });
const valuesOf = (index: number, offset: number): Float32Array => new Float32Array(CHUNK).fill(index * 10 + offset);

interface Bench {
  readonly audit: StepAudit;
  readonly asked: string[];
  readonly findings: Findings[];
  readonly present: Set<string>;
  nowMs: number;
}

function createBench(...workers: readonly string[]): Bench {
  const present = new Set(workers);
  const bench: Bench = {
    present, asked: [], findings: [], nowMs: 0,
    audit: new StepAudit({
      microbatches: 2, gradientLength: LENGTH,
      now: () => bench.nowMs,
      auditors: () => [...present].map((worker) => ({ worker, kind: 'simd' })),
      isLate: ({ sinceMs }) => bench.nowMs - sinceMs > 100,
      ask: (worker, microbatches) => void bench.asked.push(`${worker}: ${microbatches.join()}`),
      onSettled: (findings) => void bench.findings.push(findings),
    }),
  };
  return bench;
}

function contribute({ audit }: Bench, worker: string, index: number): void {
  for (let offset = 0; offset < LENGTH; offset += CHUNK) audit.hear({ worker, kind: 'simd' }, chunk(index, offset), valuesOf(index, offset));
}

function answer({ audit }: Bench, worker: string, index: number): boolean[] {
  const taken = [audit.takeComputed(worker, countsOf(index))];
  for (let offset = 0; offset < LENGTH; offset += CHUNK) taken.push(audit.takePartial(worker, chunk(index, offset), valuesOf(index, offset)));
  return taken;
}

test('every sum is asked of the other worker, and what both say settles it', (t) => {
  const bench = createBench('a', 'b');
  contribute(bench, 'a', 0);
  contribute(bench, 'b', 1);
  t.deepEqual(answer(bench, 'a', 1), [false, false, false], 'nothing is asked before the sum is whole');
  bench.audit.begin(countsOf);
  t.deepEqual(bench.asked, ['b: 0', 'a: 1']);
  t.deepEqual(answer(bench, 'b', 1), [false, false, false], 'it was asked for another');
  t.deepEqual(answer(bench, 'b', 0), [true, true, true]);
  t.deepEqual(bench.findings, []);
  t.deepEqual(answer(bench, 'a', 1), [true, true, true]);
  t.deepEqual(bench.findings, [{ numAudited: 2, numUnseconded: 0, wrong: [], isSumWrong: false, undecided: [] }]);
});

test('a sum of which a chunk was there already comes from two workers, and is not laid to one', (t) => {
  const bench = createBench('a', 'b');
  contribute(bench, 'a', 0);
  bench.audit.hear({ worker: 'b', kind: 'simd' }, chunk(1, 0), valuesOf(1, 0));
  bench.audit.forget('b', chunk(1, 0));
  bench.audit.hear({ worker: 'b', kind: 'simd' }, chunk(1, CHUNK), valuesOf(1, CHUNK));
  bench.audit.begin(countsOf);
  answer(bench, 'b', 0);
  t.like(bench.findings[0], { numAudited: 1, numUnseconded: 1, wrong: [] });
});

test('a worker that leaves, or of which nothing comes for long, holds nothing up; what it says late counts', (t) => {
  const bench = createBench('a', 'b', 'c');
  contribute(bench, 'a', 0);
  bench.audit.begin(countsOf);
  t.deepEqual(bench.asked, ['b: 0']);
  bench.present.delete('b');
  bench.audit.leave('b');
  t.deepEqual(bench.asked, ['b: 0', 'c: 0']);
  bench.nowMs = 101;
  bench.audit.takeComputed('c', countsOf(0));
  bench.nowMs = 201;
  bench.audit.advance();
  t.deepEqual(bench.asked, ['b: 0', 'c: 0'], 'something of it came');
  bench.nowMs = 202;
  bench.audit.advance();
  t.deepEqual(bench.asked, ['b: 0', 'c: 0', 'c: 0']);
  answer(bench, 'c', 0);
  t.like(bench.findings[0], { numAudited: 1, numUnseconded: 1, isSumWrong: false });
});
