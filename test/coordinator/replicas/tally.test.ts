import test from 'ava';
import { Tally } from '../../../coordinator/replicas/tally.js';

test('the counts of the latest thousand names are kept', (t) => {
  const tally = new Tally();
  t.is(tally.set('first', tally.get('first') + 1), 1);
  for (let i = 0; i < 1023; i++) tally.set(`name ${i}`, 1);
  t.is(tally.set('first', tally.get('first') + 1), 2);
  tally.set('one more', 1);
  t.deepEqual(['first', 'name 0', 'name 1', 'one more'].map((name) => tally.get(name)), [2, 0, 1, 1]);
});
