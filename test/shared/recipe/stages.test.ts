import test, { type ExecutionContext } from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { formatRecipe } from '../../../shared/recipe/format.js';
import { parseSet, type Override } from '../../../shared/recipe/overrides.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';

const TEXT = `name: two
seed: 4
data: {root: clips, side: 32}
model: {name: convnet, options: {width: 8}}
optimizer: {name: sgd, options: {momentum: 0.8}}
stages:
  - name: easy
    steps: 10
    task: {name: rotation}
  - steps: 20
    data: {shortSide: 90}
    optimizer: {name: adamw, learningRate: 0.1}
    init: {from: stage, blocks: 2}
`;

const parse = (text: string, sets: readonly string[] = []) => parseRecipe(text, { file: 'r.yaml', overrides: sets.map(parseSet) });

function problemsOf(t: ExecutionContext, text: string, overrides: readonly Override[] = []): string[] {
  const error = t.throws(() => parseRecipe(text, { file: 'r.yaml', overrides }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_RECIPE');
  return error.message.split('\n');
}

test('a stage is the top level with its own keys laid over it', (t) => {
  const { recipe } = parse(TEXT);
  t.is(recipe.name, 'two');
  const [first, second] = recipe.stages;
  t.like(first, { name: 'easy', seed: 4, steps: 10, data: { root: 'clips', side: 32, shortSide: 76 }, model: { options: { width: 8 } } });
  t.like(second, { name: 'two', seed: 4, steps: 20, data: { root: 'clips', side: 32, shortSide: 90 }, model: { options: { width: 8 } } });
  t.is(first!.task.name, 'rotation');
  t.is(second!.task.name, 'auto');
});

test('a stage that chooses another name takes none of its options', (t) => {
  const { recipe } = parse(TEXT);
  t.like(recipe.stages[0]!.optimizer, { name: 'sgd', options: { momentum: 0.8 } });
  t.deepEqual(recipe.stages[1]!.optimizer.options, {});
  t.is(recipe.stages[1]!.optimizer.learningRate, 0.1);
  const same = parse('data: {root: x}\noptimizer: {options: {momentum: 0.8}}\nstages: [{optimizer: {name: sgd, options: {nesterov: true}}}, {optimizer: {name: lars}}]').recipe;
  t.deepEqual(same.stages.map(({ optimizer }) => optimizer.options), [{ momentum: 0.8, nesterov: true }, {}]);
});

test('the first stage begins from the seed, each other one from the stage before, unless they say otherwise', (t) => {
  t.deepEqual(parse(TEXT).recipe.stages.map(({ init }) => init), [undefined, { from: 'stage', blocks: 2 }]);
  const { stages } = parse('data: {root: x}\ninit: {from: a.safetensors}\nstages: [{}, {}, {init: {from: seed}}, {init: {from: b.safetensors}}]').recipe;
  t.deepEqual(stages.map(({ init }) => init?.from), ['a.safetensors', 'stage', 'seed', 'b.safetensors']);
});

test('a recipe without stages is one stage', (t) => {
  const { recipe, locates } = parse('name: one\ndata: {root: x}\nsteps: 3');
  t.is(recipe.name, 'one');
  t.is(recipe.stages.length, 1);
  t.is(locates.length, 1);
});

test('a recipe of stages written to the run folder reads back the same', (t) => {
  const { recipe } = parse(TEXT);
  t.deepEqual(parse(formatRecipe(recipe)).recipe, recipe);
});

test('what a flag gives reaches every stage, or the one that it names', (t) => {
  const all = parse(TEXT, ['steps=5', 'batch.microbatches=4']).recipe.stages;
  t.deepEqual(all.map(({ steps, batch }) => [steps, batch.microbatches]), [[5, 4], [5, 4]]);
  const one = parse(TEXT, ['stages.2.steps=7', 'steps=5', 'stages.1.optimizer.options.momentum=0.5']).recipe.stages;
  t.deepEqual(one.map(({ steps }) => steps), [5, 5]);
  t.deepEqual(one[0]!.optimizer.options, { momentum: 0.5 });
  t.deepEqual(parse(TEXT, ['init.from=x.safetensors']).recipe.stages.map(({ init }) => init?.from), ['x.safetensors', 'stage']);
  t.is(parse('data: {root: x}', ['stages.1.steps=7']).recipe.stages[0]!.steps, 7);
});

test('a flag for a stage that is not there is refused', (t) => {
  for (const set of ['stages.3.steps=1', 'stages.0.steps=1', 'stages.x.steps=1', 'stages.1=2']) {
    t.deepEqual(problemsOf(t, TEXT, [parseSet(set)]), [`--set ${set}: expected stages.N.key with N from 1 to 2`]);
  }
  t.deepEqual(problemsOf(t, TEXT, [parseSet('stages.2.steps=x')]), ['--set stages.2.steps=x: steps: expected a whole number of at least 1, given "x"']);
});

test('a problem is shown at the line that it comes from, shared ones once', (t) => {
  const text = ['data: {root: x, sides: 3}', 'batch: {microbatches: 0}', 'stages:', '  - steps: many', '  - batch:', '      microbatchSize: 0'].join('\n');
  t.deepEqual(problemsOf(t, text).sort(), [
    'r.yaml:1: data.sides: no such key; did you mean data.side?',
    'r.yaml:2: batch.microbatches: expected a whole number from 1 to 4096, given 0',
    'r.yaml:4: steps: expected a whole number of at least 1, given "many"',
    'r.yaml:6: batch.microbatchSize: expected a whole number from 1 to 4096, given 0',
  ]);
  t.deepEqual(problemsOf(t, 'stages: [{data: {root: x}}, {}]'), ['r.yaml (stage 2): data.root: expected the path of a folder (--data gives it too), given nothing']);
});

test('stages are a list of maps, with at least one', (t) => {
  t.deepEqual(problemsOf(t, 'data: {root: x}\nstages: []'), ['r.yaml:2: stages: expected a list of at least one stage, given a list']);
  t.deepEqual(problemsOf(t, 'data: {root: x}\nstages: 3'), ['r.yaml:2: stages: expected a list of at least one stage, given 3']);
  t.deepEqual(problemsOf(t, 'data: {root: x}\nstages:\n  - {}\n  - 3'), ['r.yaml:2: stages.2: expected keys with values, given 3']);
});

test('what a stage begins from must be there and make sense', (t) => {
  const initOf = (init: string): string[] => problemsOf(t, `data: {root: x}\ninit: ${init}`);
  t.deepEqual(initOf('{from: stage}'), ['r.yaml:2: init.from: expected seed or the path of a checkpoint in the first stage, given "stage"']);
  t.deepEqual(initOf('{blocks: 2}'), ['r.yaml:2: init.blocks: expected nothing where the trunk begins from the seed, given 2']);
  t.regex(initOf('{from: x, sha256: short}')[0]!, /init\.sha256: expected 64 hexadecimal digits/);
});

test('a key named __proto__ in a stage changes no object', (t) => {
  t.regex(problemsOf(t, 'data: {root: x}\nstages: [{__proto__: {steps: 7}}]')[0]!, /no such key/);
  t.is((Object.prototype as { steps?: number }).steps, undefined);
});
