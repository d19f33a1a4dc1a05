// The promise for every task of the registry: however microbatches are shared out and in whatever order they are computed, each
// replica ends with the same bits; so does one that gets its state from another in mid-run.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { expectSameBits } from '../../helpers/replicas.js';
import { buildCase, cases, describeCase, names } from '../../helpers/task-cases.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

// The last of each task, which has small sizes: what its options change is in numbers, not in who computes them.
for (const given of names.map((name) => cases.findLast((each) => each.name === name)!)) {
  test(`${describeCase(given)}: one replica and three have the same bits, and so has a late one`, (t) => expectSameBits(t, buildCase(given, 3)));
}
