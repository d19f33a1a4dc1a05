import test from 'ava';
import { meanLoss } from '../../../coordinator/run/mean-loss.js';

test('each step counts by its samples, one without any does not count', (t) => {
  t.is(meanLoss([{ loss: 4, weight: 1 }, { loss: null, weight: 0 }, { loss: 1, weight: 3 }]), 1.75);
});

test('steps without a sample have no loss, and no steps nothing to say', (t) => {
  t.is(meanLoss([{ loss: null, weight: 0 }]), null);
  t.is(meanLoss([]), undefined);
});
