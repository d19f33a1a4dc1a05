// What follows from an audit, whether the wrong numbers are in the step's sum or came where a worker was asked alone.

import test, { type ExecutionContext } from 'ava';
import type { Membership } from '../../../coordinator/replicas/membership.js';
import { Verdicts } from '../../../coordinator/replicas/verdicts.js';
import type { Findings } from '../../../coordinator/step/audit/step-audit.js';

const FINDINGS: Findings = { numAudited: 6, numUnseconded: 0, wrong: [], isSumWrong: false, undecided: [] };
const WRONG = [{ worker: 'flipping', microbatches: [4, 5] }];

/** Whether the step may be committed, and how often it begins anew: from a checkpoint or not. */
function judge(t: ExecutionContext, strict: boolean, findings: Partial<Findings>): { isRight: boolean; again: { isSuspect: boolean }[] } {
  const again: { isSuspect: boolean }[] = [];
  const membership = { startAgain: (how: { isSuspect: boolean }) => void again.push(how) } as Membership;
  const verdicts = new Verdicts({ strict, shutOut: new Set(), peers: new Set(), membership, emit() {}, fail: ({ message }) => t.fail(message) });
  return { isRight: verdicts.handle(6, { ...FINDINGS, ...findings }), again };
}

test('a step of which all is right is committed', (t) => {
  t.deepEqual(judge(t, true, {}), { isRight: true, again: [] });
});

test('a step whose sum is wrong begins anew, with strict from a checkpoint', (t) => {
  t.deepEqual(judge(t, false, { wrong: WRONG, isSumWrong: true }), { isRight: false, again: [{ isSuspect: false }] });
  t.deepEqual(judge(t, true, { wrong: WRONG, isSumWrong: true }), { isRight: false, again: [{ isSuspect: true }] });
});

test('a worker that was wrong where it was asked alone leaves the step right, and with strict takes the run back all the same', (t) => {
  t.deepEqual(judge(t, false, { wrong: WRONG }), { isRight: true, again: [] });
  t.deepEqual(judge(t, true, { wrong: WRONG }), { isRight: false, again: [{ isSuspect: true }] });
});
