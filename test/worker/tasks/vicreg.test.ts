import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { buildViewTask, lookPastLostPicture } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const SMALL = { hidden: 5, dims: 6 };

test.before(async () => {
  await backends.simd.start();
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) =>
    lookPastLostPicture(t, buildViewTask('vicreg', { ...SMALL, norm })));
}

test('what a guesser scores and loses, and what nobody beats, follow from the microbatch and the options', (t) => {
  const { metrics, chanceLosses } = buildViewTask('vicreg', SMALL).puzzle;
  t.deepEqual(metrics, {
    accuracy: { better: 'higher', chance: 0.25, ceiling: 1 },
    embeddingDeviation: { better: 'higher', ceiling: 1 / Math.sqrt(6), collapsed: 0.1 / Math.sqrt(6) },
    effectiveRank: { better: 'higher', ceiling: 3, collapsed: 1.5 },
  });
  t.deepEqual(chanceLosses, { invariance: 0, variance: 25, covariance: 0 });
  t.is(buildViewTask('vicreg', { ...SMALL, variance: 0 }).puzzle.chanceLosses, undefined);
});

test('few samples go few ways: so small a microbatch has no rank at which it has collapsed', (t) => {
  for (const numSamples of [2, 3]) t.is(buildViewTask('vicreg', SMALL, numSamples).puzzle.metrics['effectiveRank']!.collapsed, undefined);
  t.is(buildViewTask('moco', { dims: 6 }, 1).puzzle.metrics['embeddingDeviation']!.collapsed, undefined);
});

test('a microbatch of one is refused with the reason', (t) => {
  const error = t.throws(() => buildViewTask('vicreg', {}, 1), { code: 'BAD_RECIPE' });
  t.regex(error.message, /batch\.microbatchSize: "vicreg" compares the samples of a microbatch: expected 2 or more, given 1/);
});
