import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { buildViewTask, lookPastLostPicture } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const SMALL = { hidden: 5, dims: 6, predictorHidden: 4 };

test.before(async () => {
  await backends.simd.start();
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) =>
    lookPastLostPicture(t, buildViewTask('simsiam', { ...SMALL, norm })));
}

test('there is one network, no teacher and no queue', (t) => {
  t.true(buildViewTask('simsiam', SMALL).layout.entries.every(({ kind }) => kind === 'trained'));
});

test('a microbatch of one is refused where it is normalised over', (t) => {
  t.throws(() => buildViewTask('simsiam', SMALL, 1), { code: 'BAD_RECIPE', message: /normalises over the samples of a microbatch/ });
  t.notThrows(() => buildViewTask('simsiam', { ...SMALL, norm: 'none' }, 1));
});
