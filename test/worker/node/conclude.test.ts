import test from 'ava';
import type { ErrorCode } from '../../../shared/errors/pretext-error.js';
import { concludeNode } from '../../../worker/node/conclude.js';
import type { LastEnd } from '../../../worker/node/supervisor.js';

const lost = { code: 'DEVICE_LOST', message: 'lost' } as const;
const refused = { code: 'REFUSED', message: 'refused' } as const;
const conclude = (ends: LastEnd[], isTold = false): LastEnd => concludeNode(ends, { isTold, isCurable: (code: ErrorCode) => code === 'DEVICE_LOST' });

test('a node has finished when one of its workers saw the end of the run', (t) => {
  t.is(conclude(['finished', 'finished']), 'finished');
  t.is(conclude([lost, 'finished', 'left']), 'finished');
});

test('a node that is told to stop, or whose workers all are, has left', (t) => {
  t.is(conclude([lost, 'left'], true), 'left');
  t.is(conclude(['left', 'left']), 'left');
});

test('else it has failed, and a failure that would come again goes before others', (t) => {
  t.is(conclude([refused, lost]), refused);
  const last = { ...lost, message: 'last' };
  t.is(conclude([lost, last]), last);
  t.is(conclude(['left', lost]), lost);
});
