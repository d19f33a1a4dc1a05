import test from 'ava';
import { cutReason, MAX_REASON_BYTES } from '../../../shared/protocol/close-reason.js';

test('a reason is cut to 123 bytes of UTF-8, never within a character', (t) => {
  t.is(cutReason('short'), 'short');
  t.is(cutReason('x'.repeat(123)), 'x'.repeat(123));
  t.is(cutReason('x'.repeat(200)), 'x'.repeat(123));
  for (const character of ['é', '€', '😀']) {
    for (let lead = 0; lead < 5; lead++) {
      const text = 'x'.repeat(lead) + character.repeat(100);
      const cut = cutReason(text);
      t.true(text.startsWith(cut) && !cut.endsWith('\ufffd'));
      t.true(Buffer.byteLength(cut) <= MAX_REASON_BYTES && Buffer.byteLength(cut) > MAX_REASON_BYTES - 4);
    }
  }
});

test('half a character does not make it longer than a close frame takes', (t) => {
  t.true(Buffer.byteLength(cutReason('\ud83d'.repeat(200))) <= MAX_REASON_BYTES);
});
