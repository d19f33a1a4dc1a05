import test from 'ava';
import { createSuspicion } from '../../../coordinator/step/suspicion.js';

test('a result that is not finite is believed when a second worker finds the same', (t) => {
  const suspicion = createSuspicion();
  t.false(suspicion.confirm({ worker: 'a', step: 3, microbatch: 1 }));
  t.false(suspicion.confirm({ worker: 'a', step: 3, microbatch: 1 }));
  t.false(suspicion.confirm({ worker: 'b', step: 3, microbatch: 2 }));
  t.false(suspicion.confirm({ worker: 'b', step: 4, microbatch: 1 }));
  t.true(suspicion.confirm({ worker: 'b', step: 3, microbatch: 1 }));
});

test('whoever said so of a step that others finished was wrong', (t) => {
  const suspicion = createSuspicion();
  suspicion.confirm({ worker: 'a', step: 3, microbatch: 1 });
  t.deepEqual(suspicion.clear(2), []);
  t.deepEqual(suspicion.clear(3), ['a']);
  t.deepEqual(suspicion.clear(3), []);
});
