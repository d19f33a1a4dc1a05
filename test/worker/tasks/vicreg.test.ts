import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { planSteps, vectorOf } from '../../helpers/planned-steps.js';
import { partsOf } from '../../helpers/recipes.js';
import { createReplicas } from '../../helpers/replicas.js';
import type { Trainer } from '../../../worker/compute/trainer.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const build = (options: object, microbatchSize = 4): TrainerParts => partsOf({
  data: { root: '/data', side: 12, shortSide: 16 }, steps: 5,
  task: { name: 'vicreg', options: { hidden: 5, dims: 6, ...options } },
  model: { name: 'convnet', options: { width: 3, stages: 2 } },
  batch: { microbatches: 2, microbatchSize },
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes neither the gradient nor what is measured, whatever its bytes are`, async (t) => {
    const parts = build({ norm });
    const [trainer] = createReplicas(t, parts) as [Trainer];
    const input = planSteps(parts, { numItems: 10 }).inputOf(1, 0);
    const weights = Float32Array.of(1, 1, 0, 1);
    const look = async (fill: number): Promise<Float32Array> => {
      const arrays = Object.fromEntries(Object.entries(input.arrays).map(([name, array]) => {
        const copy = array.slice();
        copy.fill(fill, copy.length / 2, (3 * copy.length) / 4);
        return [name, copy];
      }));
      return (await vectorOf(parts, trainer, { ...input, arrays, weights })).vector;
    };
    const expected = await look(0);
    t.true(expected.some((value) => value !== 0));
    t.deepEqual(await look(200), expected);
  });
}

test('what a guesser scores and what nobody beats follow from the microbatch and the dims', (t) => {
  const { metrics } = build({}).puzzle;
  t.deepEqual(metrics, {
    accuracy: { better: 'higher', chance: 0.25, ceiling: 1 },
    embeddingDeviation: { better: 'higher', ceiling: 1 / Math.sqrt(6) },
    effectiveRank: { better: 'higher', ceiling: 3 },
  });
});

test('a microbatch of one is refused with the reason', (t) => {
  const error = t.throws(() => build({}, 1), { code: 'BAD_RECIPE' });
  t.regex(error.message, /batch\.microbatchSize: "vicreg" compares the samples of a microbatch: expected 2 or more, given 1/);
});
