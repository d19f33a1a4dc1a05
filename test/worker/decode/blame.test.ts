import test from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { blameFile } from '../../../worker/decode/blame.js';

test('what nobody foresaw is the fault of the file, with what was said', (t) => {
  const cause = new RangeError('offset is out of bounds');
  const error = blameFile(cause) as PretextError;
  t.true(error instanceof PretextError);
  t.like(error, { code: 'DECODE_FAILED', message: 'It cannot be decoded: offset is out of bounds', cause });
  t.like(blameFile('a string'), { code: 'DECODE_FAILED' });
});

test('what a machine runs out of is not', (t) => {
  for (const code of ['ENOMEM', 'EMFILE', 'EIO']) {
    const error = Object.assign(new Error('no'), { code });
    t.is(blameFile(error), error);
  }
  const noMemory = new RangeError('Array buffer allocation failed');
  t.is(blameFile(noMemory), noMemory);
  const known = new PretextError('UNREACHABLE', 'gone');
  t.is(blameFile(known), known);
});
