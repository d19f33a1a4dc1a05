import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { buildViewTask, lookPastLostPicture } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('a picture that cannot be used changes nothing, whatever its bytes are', (t) => lookPastLostPicture(t, buildViewTask('simclr', { hidden: 5, dims: 6 })));

test('a view is told from all other views of the microbatch', (t) => {
  const { metrics, chanceLosses } = buildViewTask('simclr', {}).puzzle;
  t.deepEqual(metrics['accuracy'], { better: 'higher', chance: 1 / 7, ceiling: 1 });
  t.deepEqual(chanceLosses, { ntXent: Math.log(7) });
});

test('a microbatch of one is refused with the reason', (t) => {
  const error = t.throws(() => buildViewTask('simclr', {}, 1), { code: 'BAD_RECIPE' });
  t.regex(error.message, /"simclr" tells the samples of a microbatch from each other: expected 2 or more, given 1/);
});
