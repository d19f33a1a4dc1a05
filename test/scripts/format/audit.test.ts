import test from 'ava';
import { describeAudit } from '../../../scripts/format/audit.js';

test('an audit is said in a line: what was compared, what could not be, who was shut out and why', (t) => {
  t.is(describeAudit({ microbatches: 40, unseconded: 0, wrong: [] }), '40 microbatches computed twice with the same bits');
  t.is(
    describeAudit({ microbatches: 40, unseconded: 8, wrong: [{ worker: 'gpu-3', step: 12, microbatches: [4, 5] }] }),
    '40 microbatches computed twice with the same bits, 8 could not be for want of a second worker of a kind; shut out: gpu-3 (step 12, microbatches 4, 5)',
  );
});
