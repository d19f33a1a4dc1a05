// What instance learns of made pictures in a minute.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { learnStripes, lookPastTints } from '../../../helpers/view-learning.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

test('views of stripes are told from those of others', (t) => learnStripes(t, 'instance'));

test('colours alone teach nothing where no view has any, and the answer without the guard', (t) => lookPastTints(t, 'instance'));
