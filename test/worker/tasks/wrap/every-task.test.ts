// Every task of the registry beside another one and with consistency of features: no task has code for this.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { initValues } from '../../../../shared/state/init.js';
import { sliceSample } from '../../../../worker/augment/prepare-samples.js';
import { backends } from '../../../../worker/backends/index.js';
import { toBatch } from '../../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../../worker/compute/build-parts.js';
import { createNet } from '../../../../worker/compute/net.js';
import type { MicrobatchInput } from '../../../../worker/compute/forward.js';
import { nameValues } from '../../../../worker/evaluate/features.js';
import { planSteps } from '../../../helpers/planned-steps.js';
import { partsOf } from '../../../helpers/recipes.js';
import { createReplicas } from '../../../helpers/replicas.js';
import { cases, names, recipeOfCase } from '../../../helpers/task-cases.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

type Given = Pick<MicrobatchInput, 'arrays' | 'weights'>;

/** What consistency compares of each sample at the last stage. */
const rowsOf = ({ layout, model, modelOptions, objective, puzzle }: TrainerParts, { arrays, weights }: Given): number[][] => tf.tidy(() => {
  const net = createNet({ model, modelOptions, values: nameValues(layout, initValues(layout, 5)) });
  return (objective.predict(toBatch(puzzle, arrays, weights), net)['seen/1'] as tf.Tensor2D).arraySync();
});

/** The same microbatch with the puzzle of one sample in the place of another's. */
function copySample({ arrays, weights }: Given, from: number, to: number): Given {
  const copies = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
  const source = sliceSample(copies, from, weights.length);
  for (const [name, array] of Object.entries(sliceSample(copies, to, weights.length))) array.set(source[name]!);
  return { arrays: copies, weights };
}

for (const name of names) {
  test(`${name} beside another task, and with consistency of features, gives finite gradients and measures what is announced`, async (t) => {
    // The last case of a task has small options where the defaults are large. Pictures blended with others cannot be compared.
    const { task, ...recipe } = recipeOfCase(cases.findLast((each) => each.name === name && !('mixup' in each.options))!, 2);
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
    const [from, to] = [...input.weights.keys()].filter((sample) => input.weights[sample] === 1);
    const [before, after] = [rowsOf(parts, input), rowsOf(parts, copySample(input, from!, to!))];
    t.deepEqual(before.flatMap((row, sample) => (row.join() === after[sample]!.join() ? [] : [sample])), [to]);
  });
}
