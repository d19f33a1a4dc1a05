// Frozen groups: what is computed for them, and which arrays stay as they are, to the bit.

import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { digestOf } from '../../../shared/tensors/digest.js';
import { backends } from '../../../worker/backends/index.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { planSteps, stateOf, valuesOf, vectorOf } from '../../helpers/planned-steps.js';
import { partsOf } from '../../helpers/recipes.js';
import { createReplicas } from '../../helpers/replicas.js';

const test = anyTest.serial as TestFn;
const FROZEN_STEPS = 2;

test.before(async () => {
  await backends.simd.start();
});

interface Frozen {
  readonly model: object;
  readonly norms?: 'frozen' | 'train';
  readonly match?: string;
}

const partsWith = (groups: readonly object[], model: object): TrainerParts => partsOf({
  data: { root: '/data', source: 'image-folder', side: 12, shortSide: 14 }, seed: 4, steps: 10, task: { name: 'rotation' }, model,
  batch: { microbatches: 3, microbatchSize: 4 }, optimizer: { name: 'adamw', learningRate: 0.01, schedule: { name: 'one-cycle' }, groups },
});

const frozenParts = ({ model, norms, match = 'trunk/' }: Frozen): TrainerParts =>
  partsWith([{ match, frozenUntil: FROZEN_STEPS, rateFactor: 0.5, ...(norms && { norms }) }], model);

/** Digests of all arrays by name. */
async function digestsOf(parts: TrainerParts, replica: Parameters<typeof stateOf>[1]): Promise<ReadonlyMap<string, string>> {
  const state = await stateOf(parts, replica);
  return new Map(parts.layout.entries.map(({ name }) => [name, digestOf(valuesOf(parts, state, name))]));
}

/** Names of the arrays of the trunk that change while it is frozen. Two replicas that share the steps have the bits of the one. */
async function listMoved(t: ExecutionContext, parts: TrainerParts): Promise<string[]> {
  const [alone, a, b] = createReplicas(t, parts, 3);
  const steps = planSteps(parts, { numItems: 12, lostItem: 3 });
  const before = await digestsOf(parts, alone!);
  for (let step = 1; step <= FROZEN_STEPS; step++) {
    await steps.take([alone!], step);
    await steps.take([a!, b!], step, [1, 0, 2]);
  }
  const after = await digestsOf(parts, alone!);
  for (const [name, digest] of after) if (name.startsWith('head/')) t.not(digest, before.get(name), name);
  await steps.take([alone!], FROZEN_STEPS + 1);
  await steps.take([b!, a!], FROZEN_STEPS + 1, [2, 1, 0]);
  const thawed = await digestsOf(parts, alone!);
  // Scales and shifts of a residual branch that begins silent have no gradient at first.
  for (const [name, digest] of thawed) if (/(kernel|mean|variance)$/.test(name)) t.not(digest, after.get(name), `${name} moves afterwards`);
  t.deepEqual(await stateOf(parts, a!), await stateOf(parts, alone!));
  return [...after].flatMap(([name, digest]) => (name.startsWith('trunk/') && digest !== before.get(name) ? [name] : []));
}

const MODELS = [
  { name: 'convnet', options: { width: 4, stages: 2, norm: 'batch' } },
  { name: 'resnet18', options: { width: 4, norm: 'batch' } },
  { name: 'convnet', options: { width: 4, stages: 2 } },
  { name: 'vit', options: { patch: 6, width: 8, depth: 2, heads: 2 } },
];

for (const model of MODELS) {
  const title = `${model.name} ${JSON.stringify(model.options)}`;

  test(`${title}: no array of a frozen trunk moves, running statistics neither`, async (t) => {
    t.deepEqual(await listMoved(t, frozenParts({ model })), []);
  });

  test(`${title}: with norms: train scales, shifts and statistics of a frozen trunk move, and nothing else`, async (t) => {
    const parts = frozenParts({ model, norms: 'train' });
    const expected = parts.layout.entries.flatMap(({ name }) => (/^trunk\/.*\/(scale|shift|mean|variance)$/.test(name) ? [name] : []));
    t.true(expected.length > 0);
    t.deepEqual(await listMoved(t, parts), expected);
  });
}

test('zeros travel for what is frozen, and the rest is what it would be without', async (t) => {
  const [, , model] = MODELS;
  const [parts, whole] = [frozenParts({ model: model!, match: 'trunk/stage1/' }), partsWith([], model!)];
  const [replica] = createReplicas(t, parts);
  const [other] = createReplicas(t, whole);
  const input = planSteps(parts, { numItems: 12 }).inputOf(1, 0);
  const { vector } = await vectorOf(parts, replica!, input);
  const { vector: full } = await vectorOf(whole, other!, input);
  for (const { name, travelOffset, travelLength } of parts.layout.entries) {
    const cut = (from: Float32Array): Float32Array => from.slice(travelOffset, travelOffset + travelLength);
    t.true(cut(full).some((value) => value !== 0), name);
    t.deepEqual(cut(vector), name.startsWith('trunk/stage1/') ? new Float32Array(travelLength) : cut(full), name);
  }
});

test('a step that trains nothing sends zeros', async (t) => {
  const parts = partsWith(['trunk/', 'head/'].map((match) => ({ match, frozenUntil: FROZEN_STEPS })), MODELS[0]!);
  const [replica] = createReplicas(t, parts);
  const { vector, weights } = await vectorOf(parts, replica!, planSteps(parts, { numItems: 12 }).inputOf(1, 0));
  t.true(vector.every((value) => value === 0));
  t.is(weights['samples'], 4);
});

test('normalisation that is trained in a frozen group begins to move at the first step, as at a first step', async (t) => {
  const parts = frozenParts({ model: MODELS[0]!, norms: 'train' });
  const [replica] = createReplicas(t, parts);
  const before = valuesOf(parts, await stateOf(parts, replica!), 'trunk/stage1/conv1/shift');
  await planSteps(parts, { numItems: 12 }).take([replica!], 1);
  const after = valuesOf(parts, await stateOf(parts, replica!), 'trunk/stage1/conv1/shift');
  // The first update of Adam is as long as the rate.
  const rate = 0.5 * parts.scheduleAt(1).learningRate;
  t.true(after.every((value, i) => Math.abs(Math.abs(value - before[i]!) / rate - 1) < 1e-3), after.join());
});
