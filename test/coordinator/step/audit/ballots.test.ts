import test from 'ava';
import { addAsk, addVote, chooseAuditors, closeAsks, judge, standingOf, type Auditor, type Ballot } from '../../../../coordinator/step/audit/ballots.js';
import { freshRandom } from '../../../helpers/numerics.js';

const KIND = 'simd';

function ballotOf(contributor: string, result = 'right'): Ballot {
  return { node: { level: 1, index: 0 }, microbatches: [0, 1], kind: KIND, votes: [{ worker: contributor, result }], asks: [] };
}

function auditorsOf(...workers: readonly string[]): Auditor[] {
  return workers.map((worker) => ({ worker, kind: KIND }));
}

test('two workers that say the same are right, and whoever says otherwise is wrong', (t) => {
  const ballot = addVote(addVote(ballotOf('a', 'flipped'), { worker: 'b', result: 'right' }), { worker: 'c', result: 'right' });
  t.deepEqual(judge(ballot), { result: 'right', wrong: ['a'] });
  t.is(judge(ballotOf('a')), undefined);
});

test('a worker does not second itself', (t) => {
  t.is(judge(addVote(ballotOf('a'), { worker: 'a', result: 'right' })), undefined);
});

test('a worker that contradicts itself is wrong', (t) => {
  const ballot = addVote(addVote(ballotOf('a', 'flipped'), { worker: 'b', result: 'right' }), { worker: 'a', result: 'right' });
  t.deepEqual(judge(ballot), { result: 'right', wrong: ['a'] });
});

test('every sum goes to whoever follows its own worker: all compute at once', (t) => {
  const chosen = chooseAuditors(['a', 'b', 'c'].map((worker) => ballotOf(worker)), auditorsOf('a', 'b', 'c'));
  t.deepEqual(chosen.map(({ ballot, worker }) => [ballot.votes[0]!.worker, worker]), [['a', 'b'], ['b', 'c'], ['c', 'a']]);
});

test('only workers of its kind are asked, and none of them is a sum that nobody seconds', (t) => {
  const others = [{ worker: 'b', kind: 'webgpu' }, { worker: 'a', kind: KIND }];
  t.deepEqual(chooseAuditors([ballotOf('a')], others), []);
  t.is(standingOf(ballotOf('a'), others), 'unseconded');
});

test('a third worker is asked where two contradict each other, and they themselves where there is none', (t) => {
  const contested = addVote(addAsk(ballotOf('a'), 'b', 0), { worker: 'b', result: 'other' });
  t.deepEqual(chooseAuditors([contested], auditorsOf('a', 'b', 'c')).map(({ worker }) => worker), ['c']);
  t.deepEqual(chooseAuditors([contested], auditorsOf('a', 'b')).map(({ worker }) => worker), ['b']);
  t.is(standingOf(contested, auditorsOf('a', 'b')), 'open');
});

test('workers that go on contradicting each other leave it undecided', (t) => {
  let ballot = addVote(addAsk(ballotOf('a'), 'b', 0), { worker: 'b', result: 'other' });
  for (const [worker, result] of [['a', 'right'], ['b', 'other']] as const) ballot = addVote(addAsk(ballot, worker, 0), { worker, result });
  t.deepEqual(chooseAuditors([ballot], auditorsOf('a', 'b')), []);
  t.is(standingOf(ballot, auditorsOf('a', 'b')), 'undecided');
  t.is(standingOf(ballot, auditorsOf('a', 'b', 'c')), 'open');
});

test('a worker that is late is asked once more and then no more', (t) => {
  let ballot = ballotOf('a');
  for (let i = 0; i < 2; i++) {
    t.deepEqual(chooseAuditors([ballot], auditorsOf('a', 'b')).map(({ worker }) => worker), ['b']);
    ballot = closeAsks(addAsk(ballot, 'b', i), () => true);
  }
  t.is(standingOf(ballot, auditorsOf('a', 'b')), 'unseconded');
});

test('whatever workers do, an audit ends, and no worker that tells the truth is found wrong while two do', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let round = 0; round < 500; round++) {
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + random.int(4));
    const liar = names[random.int(names.length)]!;
    const auditors = auditorsOf(...names);
    let ballots = names.map((worker) => ballotOf(worker, worker === liar && random.uniform(0, 1) < 0.7 ? 'wrong' : 'right'));
    for (let i = 0; ballots.some((ballot) => standingOf(ballot, auditors) === 'open'); i++) {
      t.true(i < 200);
      for (const { ballot, worker } of chooseAuditors(ballots, auditors)) {
        const asked = addAsk(ballot, worker, i);
        const result = worker === liar && random.uniform(0, 1) < 0.7 ? 'wrong' : 'right';
        const next = random.uniform(0, 1) < 0.1 ? closeAsks(asked, () => true) : addVote(asked, { worker, result });
        ballots = ballots.map((each) => (each === ballot ? next : each));
      }
    }
    for (const wrong of ballots.flatMap((ballot) => judge(ballot)?.wrong ?? [])) t.is(wrong, liar);
  }
});
