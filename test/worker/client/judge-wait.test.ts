// How long a worker waits for what.

import test from 'ava';
import { judgeWait, type Waiting } from '../../../worker/client/judge-wait.js';

const FINE: Waiting = { silentMs: 0, heartbeatMs: 1000, greetingMs: undefined, starvedMs: undefined };

test('a coordinator that is heard may take any time, one that is silent for ten heartbeats is left', (t) => {
  t.is(judgeWait(FINE), undefined);
  t.is(judgeWait({ ...FINE, silentMs: 10_000 }), undefined);
  t.deepEqual(judgeWait({ ...FINE, silentMs: 10_001 }), { type: 'silent' });
  t.is(judgeWait({ ...FINE, silentMs: 10_001, heartbeatMs: 2000 }), undefined);
});

test('one that does not greet for a minute, or owes an average for five, is no coordinator', (t) => {
  t.is(judgeWait({ ...FINE, greetingMs: 60_000, starvedMs: 300_000 }), undefined);
  t.like(judgeWait({ ...FINE, greetingMs: 60_001 }), { type: 'hopeless' });
  t.like(judgeWait({ ...FINE, starvedMs: 300_001 }), { type: 'hopeless' });
});
