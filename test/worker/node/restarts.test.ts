import test from 'ava';
import type { ErrorCode } from '../../../shared/errors/pretext-error.js';
import { judgeFailure, type Verdict } from '../../../worker/node/restarts.js';

const policy = { maxEarlyFailures: 3, isFinal: (code: ErrorCode) => code === 'REFUSED' };
const judge = (earlyFailures: number, { code = 'WORKER_FAILED', livedMs = 100, hasWorked = false }: { code?: ErrorCode; livedMs?: number; hasWorked?: boolean } = {}): Verdict =>
  judgeFailure({ failure: { code, message: '' }, livedMs, hasWorked, earlyFailures }, policy);

test('a process that fails early is started again later and later, and given up at last', (t) => {
  t.deepEqual(judge(0), { type: 'restart', afterMs: 500, earlyFailures: 1 });
  t.deepEqual(judge(1), { type: 'restart', afterMs: 1000, earlyFailures: 2 });
  t.deepEqual(judge(2), { type: 'giveUp' });
});

test('one that has worked for a while begins again from nothing; one that only waited has failed early', (t) => {
  t.deepEqual(judge(2, { livedMs: 60_000, hasWorked: true }), { type: 'restart', afterMs: 500, earlyFailures: 0 });
  t.deepEqual(judge(2, { livedMs: 60_000 }), { type: 'giveUp' });
});

test('what another process would fail at too is given up at once', (t) => {
  t.deepEqual(judge(0, { code: 'REFUSED', livedMs: 60_000, hasWorked: true }), { type: 'giveUp' });
});
