// Every task of the registry beside another one and with consistency of features: nothing of a task has to know of it.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import { planSteps } from '../../../helpers/planned-steps.js';
import { partsOf } from '../../../helpers/recipes.js';
import { createReplicas } from '../../../helpers/replicas.js';
import { cases, names, recipeOfCase } from '../../../helpers/task-cases.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

for (const name of names) {
  test(`${name} beside another task, and with consistency of features, gives finite gradients and measures what is announced`, async (t) => {
    // The last case of a task has small options where the defaults are large.
    const { task, ...recipe } = recipeOfCase(cases.findLast((each) => each.name === name)!, 2);
    const other = { name: name === 'rotation' ? 'jigsaw' : 'rotation' };
    const parts = partsOf({ ...recipe, tasks: [{ ...task, weight: 1 }, other], consistency: { ramp: 0, features: [{ hidden: 6, dims: 4 }] } }, 20);
    const steps = planSteps(parts, { numItems: 16, lostItem: 5 });
    const [replica] = createReplicas(t, parts);
    const input = steps.inputOf(1, 0);
    t.true(input.weights.some((weight) => weight === 1));
    const gradient = new Float32Array(parts.layout.gradientLength);
    const { isFinite, terms, metrics } = await replica!.computeGradient(input, gradient);
    t.true(isFinite);
    t.deepEqual([Object.keys(terms).sort(), Object.keys(metrics).sort()], [[...parts.puzzle.terms].sort(), Object.keys(parts.puzzle.metrics).sort()]);
    t.true(terms['consistency/stage2']!.weight > 0);
  });
}
