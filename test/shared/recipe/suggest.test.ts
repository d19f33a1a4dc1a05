import test from 'ava';
import { suggest } from '../../../shared/recipe/suggest.js';

test('the nearest word is meant, if it is near', (t) => {
  const known = ['seed', 'steps', 'microbatches', 'microbatchSize'];
  t.is(suggest('sede', known), 'seed');
  t.is(suggest('step', known), 'steps');
  t.is(suggest('micro-batches', known), 'microbatches');
  t.is(suggest('MICROBATCHSIZE', known), 'microbatchSize');
  t.is(suggest('zebra', known), undefined);
  t.is(suggest('', known), undefined);
  t.is(suggest('x'.repeat(100_000), known), undefined);
});
