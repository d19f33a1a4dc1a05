import test from 'ava';
import type { JournalEntry } from '../../../coordinator/journal/entries.js';
import { createReplayCheck } from '../../../coordinator/journal/replays.js';

function commitOf(step: number, gradient: string): JournalEntry {
  return { type: 'commit', stage: 1, step, first: 0, count: 8, samples: 'same', weights: { samples: 8 }, loss: 1, terms: {}, metrics: {}, gradient, unusable: [] };
}

const rollback: JournalEntry = { type: 'rollback', stage: 1, to: 1, reason: 'nobody has it' };

test('a step that is run again must give what it gave', (t) => {
  const check = createReplayCheck([commitOf(1, 'a'), commitOf(2, 'b'), rollback]);
  t.notThrows(() => check.check(commitOf(2, 'b')));
  t.throws(() => check.check(commitOf(2, 'c')), { code: 'REPLAY_DIFFERS', message: /Step 2 .*another gradient/ });
});

test('what an audit found wrong may give something else, and nothing before it', (t) => {
  const check = createReplayCheck([commitOf(1, 'a'), commitOf(2, 'wrong'), { ...rollback, distrusted: true }]);
  t.notThrows(() => check.check(commitOf(2, 'right')));
  t.throws(() => check.check(commitOf(1, 'c')), { code: 'REPLAY_DIFFERS' });
});
