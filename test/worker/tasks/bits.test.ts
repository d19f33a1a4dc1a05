// The promise for every task of the registry: however microbatches are shared out and in whatever order they are computed, each
// replica ends with the same bits; so does one that gets its state from another in mid-run.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { planSteps, stateOf } from '../../helpers/planned-steps.js';
import { createReplicas } from '../../helpers/replicas.js';
import { buildCase, cases, describeCase, names } from '../../helpers/task-cases.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

// The last of each task, which has small sizes: what its options change is in numbers, not in who computes them.
for (const given of names.map((name) => cases.findLast((each) => each.name === name)!)) {
  test(`${describeCase(given)}: one replica and three have the same bits, and so has a late one`, async (t) => {
    const parts = buildCase(given, 3);
    const steps = planSteps(parts, { numItems: 16, lostItem: 5 });
    const [alone, a, b, c, late] = createReplicas(t, parts, 5);
    const first = await stateOf(parts, alone!);
    for (const step of [1, 2]) {
      await steps.take([alone!], step);
      await steps.take([a!, b!, c!], step, [1, 2, 0]);
    }
    late!.load(await stateOf(parts, b!));
    await steps.take([alone!], 3, [0, 1, 2]);
    await steps.take([c!, late!], 3, [2, 0, 1]);
    const expected = await stateOf(parts, alone!);
    t.true(expected.every(Number.isFinite));
    t.notDeepEqual(expected, first);
    for (const replica of [late!, c!]) t.deepEqual(await stateOf(parts, replica), expected);
  });
}
