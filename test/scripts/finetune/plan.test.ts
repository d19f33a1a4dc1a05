// What fine-tuning plans, as the engine reads it, against fastai's formulas computed anew in float64.

import test, { type ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { planFineTune, type FineTuneChoices, type FineTuneFacts, type PlannedStage } from '../../../scripts/finetune/plan.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { buildParts, type TrainerParts } from '../../../worker/compute/build-parts.js';
import { completeRecipe } from '../../../shared/recipe/complete.js';
import { registries } from '../../../worker/registries.js';

const FASTAI: FineTuneChoices = { preset: 'fine-tune', epochs: 5, frozenEpochs: 1, rate: 2e-3 };
const PER_STEP = 16;

const SHARED = {
  seed: 1, data: { root: '/data', source: 'image-folder', side: 24, shortSide: 24, classes: ['a', 'b'] }, task: { name: 'classify' }, batch: { microbatches: 4, microbatchSize: 4 },
};

interface Model {
  readonly name: string;
  readonly options: object;
}

/** Three groups: two stages and the head. */
const THREE: Model = { name: 'convnet', options: { width: 4, stages: 2 } };
const FIVE: Model = { name: 'resnet18', options: { width: 4 } };
const BATCH: Model = { name: 'convnet', options: { width: 4, stages: 2, norm: 'batch' } };
const VIT: Model = { name: 'vit', options: { patch: 6, width: 8, depth: 8, heads: 2 } };

const trunkOf = ({ name, options }: Model): FineTuneFacts['trunk'] => {
  const shape = registries.model[name as 'convnet'];
  return shape.state(shape.options.parse(options));
};

function plan(model: Model, choices: Partial<FineTuneChoices> = {}, facts: Partial<FineTuneFacts> = {}): PlannedStage[] {
  return planFineTune({ ...FASTAI, ...choices }, { trunk: trunkOf(model), samplesPerEpoch: 160, samplesPerStep: PER_STEP, init: 'trunk.safetensors', ...facts });
}

/** Each stage as a worker builds it. */
function build(model: Model, stages: readonly PlannedStage[]): TrainerParts[] {
  const { recipe } = parseRecipe(stringify({ ...SHARED, model, stages }));
  return recipe.stages.map((stage) => buildParts(completeRecipe(stage, registries)));
}

const rateOf = (parts: TrainerParts, array: string, step: number): number => parts.groupOf(array).rateFactor * parts.scheduleAt(step).learningRate;

// fastai's formulas: SchedCos, combine_scheds, even_mults, set_hyper of a slice.
const cosine = (start: number, end: number, at: number): number => start + ((1 + Math.cos(Math.PI * (1 - at))) * (end - start)) / 2;
const combined = (pct: number, [start, middle, end]: readonly [number, number, number], at: number): number =>
  (at >= pct ? cosine(middle, end, (at - pct) / (1 - pct)) : cosine(start, middle, at / pct));
const evenMults = (start: number, stop: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start * (stop / start) ** (i / (count - 1)));
const MOMENTA = [0.95, 0.85, 0.95] as const;

interface Cycle {
  readonly peaks: Readonly<Record<string, number>>;
  readonly pct: number;
  readonly div: number;
}

function expectCycle(t: ExecutionContext, parts: TrainerParts, { peaks, pct, div }: Cycle): void {
  for (let step = 1; step <= parts.steps; step++) {
    const at = (step - 1) / parts.steps;
    for (const [array, peak] of Object.entries(peaks)) {
      const expected = combined(pct, [peak / div, peak, peak / 1e5], at);
      t.true(Math.abs(rateOf(parts, array, step) / expected - 1) < 1e-10, `${array} at step ${step}: ${rateOf(parts, array, step)}, expected ${expected}`);
    }
    t.true(Math.abs(parts.scheduleAt(step).momentum! - combined(pct, MOMENTA, at)) < 1e-12, `momentum at step ${step}`);
  }
}

const ARRAYS = ['trunk/stage1/conv1/kernel', 'trunk/stage2/conv1/kernel', 'head/class/kernel'] as const;

test('fine-tune is fastai\'s fine_tune: its rates and momenta at every batch, for a model of three groups', (t) => {
  const stages = plan(THREE);
  t.deepEqual(stages.map(({ name, steps, init }) => [name, steps, init]), [['head', 10, { from: 'trunk.safetensors' }], ['all', 50, { from: 'stage', heads: true }]]);
  const [frozen, thawed] = build(THREE, stages) as [TrainerParts, TrainerParts];
  expectCycle(t, frozen, { peaks: { [ARRAYS[2]]: 2e-3, [ARRAYS[0]]: 2e-4, [ARRAYS[1]]: 2e-4 }, pct: 0.99, div: 25 });
  for (const array of ARRAYS) t.is(frozen.groupOf(array).frozenUntil, array.startsWith('trunk/') ? frozen.steps : 0, array);
  const peaks = evenMults(1e-5, 1e-3, 3);
  expectCycle(t, thawed, { peaks: Object.fromEntries(ARRAYS.map((array, i) => [array, peaks[i]!])), pct: 0.3, div: 5 });
  for (const array of ARRAYS) t.is(thawed.groupOf(array).frozenUntil, 0, array);
});

test('the golden values: first batch, peak and last batch of both phases', (t) => {
  const [frozen, thawed] = build(THREE, plan(THREE, {}, { samplesPerEpoch: 1600 })) as [TrainerParts, TrainerParts];
  t.deepEqual([frozen.steps, thawed.steps], [100, 500]);
  const near = (actual: number, expected: number): void => void t.true(Math.abs(actual / expected - 1) < 1e-9, `${actual}, expected ${expected}`);
  near(rateOf(frozen, 'head/class/kernel', 1), 8e-5);
  near(rateOf(frozen, 'head/class/kernel', 100), 2e-3);
  near(frozen.scheduleAt(1).momentum!, 0.95);
  near(frozen.scheduleAt(100).momentum!, 0.85);
  ARRAYS.forEach((array, group) => {
    const peak = [1e-5, 1e-4, 1e-3][group]!;
    near(rateOf(thawed, array, 1), peak / 5);
    near(rateOf(thawed, array, 151), peak);
    near(rateOf(thawed, array, 500), peak * (1e-5 + (1 - 1e-5) * (1 + Math.cos((Math.PI * 349) / 350)) / 2));
  });
  near(thawed.scheduleAt(151).momentum!, 0.85);
  t.deepEqual(thawed.groupOf('head/class/kernel').options, { beta1: 0.9, beta2: 0.99, epsilon: 1e-5, weightDecay: 0.01 });
});

test('the rates of more groups are a geometric row from the first stage, and what comes before it, to the head', (t) => {
  const [, thawed] = build(FIVE, plan(FIVE)) as [TrainerParts, TrainerParts];
  const expected = evenMults(1e-5, 1e-3, 5);
  const arrays = ['trunk/stage1/block1/conv1/kernel', 'trunk/stage2/block2/conv1/scale', 'trunk/stage3/block1/shortcut/kernel', 'trunk/stage4/block2/conv2/kernel', 'head/class/bias'];
  expectCycle(t, thawed, { peaks: { 'trunk/stem/kernel': expected[0]!, ...Object.fromEntries(arrays.map((array, i) => [array, expected[i]!])) }, pct: 0.3, div: 5 });
});

test('while a trunk is frozen its batch norm goes on training at a tenth of the rate, and other normalisation stays; both can be asked for', (t) => {
  const normsOf = (model: Model, choices: Partial<FineTuneChoices> = {}) => build(model, plan(model, choices))[0]!.groupOf(ARRAYS[0]).norms;
  t.deepEqual([normsOf(BATCH), normsOf(THREE), normsOf(BATCH, { norms: 'frozen' }), normsOf(THREE, { norms: 'train' }), normsOf(BATCH, { preset: 'linear' })], ['train', 'frozen', 'frozen', 'train', 'frozen']);
});

test('gradual unfreezing: one more stage an epoch from the top, each at 1 / 2.6 of the rate of the one above', (t) => {
  const stages = plan(FIVE, { preset: 'gradual', epochs: 6 });
  t.deepEqual(stages.map(({ name, steps, data }) => [name, steps, data.firstEpoch]), [
    ['head', 10, 0], ['from stage 4', 10, 1], ['from stage 3', 10, 2], ['from stage 2', 10, 3], ['all', 30, 4],
  ]);
  build(FIVE, stages).slice(1).forEach((parts, index) => {
    for (const stage of [1, 2, 3, 4]) {
      const array = `trunk/stage${stage}/block1/conv1/kernel`;
      t.is(parts.groupOf(array).frozenUntil, stage >= 4 - index ? 0 : parts.steps, `${array} in phase ${index + 2}`);
      expectCycle(t, parts, { peaks: { [array]: 1e-3 / 2.6 ** (5 - stage), 'head/class/kernel': 1e-3 }, pct: 0.3, div: 5 });
    }
    t.deepEqual(parts.groupOf('trunk/stem/kernel'), { ...parts.groupOf('trunk/stage1/block1/conv1/kernel'), match: 'trunk/stem/' });
  });
  t.deepEqual(plan(FIVE, { preset: 'gradual', epochs: 2 }).map(({ name }) => name), ['head', 'from stage 3', 'all']);
  t.deepEqual(plan(FIVE, { preset: 'gradual', epochs: 1, frozenEpochs: 0 }).map(({ name, init }) => [name, init]), [['all', { from: 'trunk.safetensors' }]]);
});

test('linear freezes the trunk throughout, full trains everything at one rate; both have the epochs of both phases', (t) => {
  const [linear, ...more] = build(THREE, plan(THREE, { preset: 'linear' }));
  t.deepEqual([linear!.steps, more.length], [60, 0]);
  for (const array of ARRAYS.slice(0, 2)) t.like(linear!.groupOf(array), { frozenUntil: 60, norms: 'frozen' });
  expectCycle(t, linear!, { peaks: { 'head/class/kernel': 2e-3 }, pct: 0.25, div: 25 });
  const [full, ...others] = build(THREE, plan(THREE, { preset: 'full' }));
  t.deepEqual([full!.steps, others.length], [60, 0]);
  expectCycle(t, full!, { peaks: Object.fromEntries(ARRAYS.map((array) => [array, 2e-3])), pct: 0.3, div: 5 });
  const [stepped] = build(THREE, plan(THREE, { preset: 'full', rateMult: 100 }));
  expectCycle(t, stepped!, { peaks: { [ARRAYS[0]]: 2e-5, [ARRAYS[1]]: 2e-4, [ARRAYS[2]]: 2e-3 }, pct: 0.3, div: 5 });
});

test('from scratch nothing is frozen, all rates are the same, and items are seen as often', (t) => {
  const stages = plan(THREE, {}, { init: undefined });
  t.deepEqual(stages.map(({ name, steps, init }) => [name, steps, init]), [['all', 60, undefined]]);
  expectCycle(t, build(THREE, stages)[0]!, { peaks: Object.fromEntries(ARRAYS.map((array) => [array, 2e-3])), pct: 0.3, div: 5 });
});

test('layer-wise decay: each block by the one above it, patches last, the last normalisation with the head', (t) => {
  const [, parts] = build(VIT, plan(VIT, { layerDecay: 0.75 }));
  const factors = ['head/class/kernel', 'trunk/norm/scale', 'trunk/stage4/block2/norm1/scale', 'trunk/stage4/block1/mlp/expand/kernel', 'trunk/stage1/block1/attention/qkv/kernel', 'trunk/stem/patches/kernel']
    .map((array) => parts!.groupOf(array).rateFactor);
  [0, 0, 1, 2, 8, 9].forEach((rank, i) => t.true(Math.abs(factors[i]! / 0.75 ** rank - 1) < 1e-11, `${i}: ${factors[i]}`));
});

test('of a trunk that is taken in part the rest is trained from the start, with the head, and is never frozen', (t) => {
  const stages = plan(FIVE, { blocks: 2, rest: 'moments' });
  t.deepEqual(stages.map(({ name, init }) => [name, init]), [['from stage 3', { from: 'trunk.safetensors', blocks: 2, rest: 'moments' }], ['all', { from: 'stage', heads: true }]]);
  const [first] = build(FIVE, stages);
  for (const stage of [1, 2]) t.like(first!.groupOf(`trunk/stage${stage}/block1/conv1/kernel`), { frozenUntil: first!.steps });
  expectCycle(t, first!, { peaks: { 'trunk/stage3/block1/conv1/kernel': 2e-3, 'trunk/stage4/block1/conv1/kernel': 2e-3, 'head/class/kernel': 2e-3 }, pct: 0.99, div: 25 });
  t.deepEqual(plan(FIVE, { preset: 'gradual', blocks: 2 }).map(({ name }) => name), ['from stage 3', 'from stage 2', 'all']);
  t.throws(() => plan(FIVE, { preset: 'linear', blocks: 2 }), { code: 'BAD_ARGUMENT' });
  t.throws(() => plan(FIVE, { blocks: 2 }, { init: undefined }), { code: 'BAD_ARGUMENT', message: /add --init/ });
  t.throws(() => plan(FIVE, { rest: 'moments' }), { code: 'BAD_ARGUMENT' });
});

test('few items still make a step of each phase, and every item is seen in every epoch', (t) => {
  t.deepEqual(plan(THREE, {}, { samplesPerEpoch: 3 }).map(({ steps }) => steps), [1, 1]);
  t.deepEqual(plan(THREE, {}, { samplesPerEpoch: 50 }).map(({ steps }) => steps), [4, 16]);
  t.deepEqual(plan(THREE, { frozenEpochs: 0 }).map(({ name, init }) => [name, init]), [['all', { from: 'trunk.safetensors' }]]);
});

test('what makes no sense together is refused', (t) => {
  for (const preset of ['linear', 'gradual'] as const) t.throws(() => plan(THREE, { preset }, { init: undefined }), { code: 'BAD_ARGUMENT', message: /add --init/ });
  t.throws(() => plan(THREE, { preset: 'linear', norms: 'train' }), { code: 'BAD_ARGUMENT' });
});

test('a number of steps is shared out by the epochs of the phases, every phase has one, and later ones go on in the data', (t) => {
  const stepsOf = (choices: Partial<FineTuneChoices>, facts: Partial<FineTuneFacts> = {}): number[] => plan(THREE, choices, facts).map(({ steps }) => steps);
  t.deepEqual(stepsOf({ steps: 120 }), [20, 100]);
  t.deepEqual(stepsOf({ steps: 100, preset: 'gradual', epochs: 3 }), [25, 25, 50]);
  t.deepEqual(stepsOf({ steps: 77, preset: 'linear' }), [77]);
  t.deepEqual(stepsOf({ steps: 2 }), [1, 1]);
  // Of 8 samples an epoch, 16 a step: 20 steps are 40 epochs.
  t.deepEqual(plan(THREE, { steps: 120 }, { samplesPerEpoch: 8 }).map(({ data: { firstEpoch } }) => firstEpoch), [0, 40]);
  t.deepEqual(plan(THREE, { steps: 120 })[0]!.optimizer.groups.map(({ frozenUntil }) => frozenUntil), [20]);
});
