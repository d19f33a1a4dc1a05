import test from 'ava';
import { createFlow } from '../../coordinator/flow.js';

test('a thousand messages may come at once, then two hundred a second', (t) => {
  let nowMs = 0;
  const flow = createFlow(() => nowMs);
  for (let i = 0; i < 1000; i++) flow.take();
  t.throws(() => flow.take(), { message: /messages a second/ });
  nowMs = 10_000;
  for (let i = 0; i < 1000; i++) flow.take();
  t.throws(() => flow.take());
});
