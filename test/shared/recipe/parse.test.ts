import test, { type ExecutionContext } from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { formatRecipe } from '../../../shared/recipe/format.js';
import { parseSet, type Override } from '../../../shared/recipe/overrides.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { parseStage } from '../../helpers/recipes.js';

const DATA = 'data: {root: clips}';

function problemsOf(t: ExecutionContext, text: string, overrides: readonly Override[] = []): string[] {
  const error = t.throws(() => parseStage(text, { file: 'r.yaml', overrides }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_RECIPE');
  t.truthy(error.hint);
  return error.message.split('\n');
}

test('a recipe needs nothing but the place of its data', (t) => {
  const { recipe } = parseStage('', { overrides: [{ path: ['data', 'root'], value: 'clips', flag: '--data clips' }] });
  t.is(recipe.data.root, 'clips');
  t.is(recipe.data.side, 64);
  t.is(recipe.optimizer.schedule.name, 'cosine');
  t.is(recipe.batch.microbatches * recipe.batch.microbatchSize, 64);
});

test('a recipe without data says which key is missing and which flag gives it', (t) => {
  t.deepEqual(problemsOf(t, 'seed: 3'), [
    'r.yaml: data.root: expected the path of a folder (--data gives it too), given nothing',
  ]);
});

test('every problem is reported at once, each with its line', (t) => {
  const text = ['# comment', 'steps: many', DATA, 'batch:', '  microbatches: 0', '  microbatchSize: 2.5', 'model: 3'].join('\n');
  t.deepEqual(problemsOf(t, text), [
    'r.yaml:2: steps: expected a whole number of at least 1, given "many"',
    'r.yaml:7: model: expected keys with values, given 3',
    'r.yaml:5: batch.microbatches: expected a whole number from 1 to 4096, given 0',
    'r.yaml:6: batch.microbatchSize: expected a whole number from 1 to 4096, given 2.5',
  ]);
});

test('a mistyped key is named with its line and what was probably meant', (t) => {
  t.deepEqual(problemsOf(t, `${DATA}\nbatch:\n  micro_batches: 4`), [
    'r.yaml:3: batch.micro_batches: no such key; did you mean batch.microbatches?',
  ]);
});

test('a key in the wrong section is shown where it belongs', (t) => {
  t.deepEqual(problemsOf(t, `${DATA}\nlearningRate: 0.1`), [
    'r.yaml:2: learningRate: no such key; did you mean optimizer.learningRate?',
  ]);
});

test('a key like no other lists those that there are', (t) => {
  t.deepEqual(problemsOf(t, `${DATA}\ncheckpoint: {zebra: 1}`), [
    'r.yaml:2: checkpoint.zebra: no such key; expected one of everySteps, keep',
  ]);
});

test('a value that only fits together with another names both', (t) => {
  t.deepEqual(problemsOf(t, 'data:\n  root: x\n  side: 100\n  shortSide: 90'), [
    'r.yaml:4: data.shortSide: expected a whole number not less than data.side, given 90',
  ]);
});

test('a choice lists what may be chosen', (t) => {
  t.deepEqual(problemsOf(t, 'data: {root: x, source: tape}'), [
    'r.yaml:1: data.source: expected one of auto, image-folder, video-folder, given "tape"',
  ]);
});

test('broken YAML is reported with its line', (t) => {
  const [problem] = problemsOf(t, 'seed: 1\nbatch: {microbatches: 2\nmodel: x');
  t.regex(problem!, /^r\.yaml:[23]: expected YAML: /);
  t.regex(problemsOf(t, 'seed: 1\nseed: 2')[0]!, /^r\.yaml:2: expected YAML: .*unique/);
});

test('a text that is no map, or has values that YAML cannot give, is refused', (t) => {
  t.deepEqual(problemsOf(t, '- 1'), ['r.yaml: expected keys with values, given a list']);
  t.deepEqual(problemsOf(t, `${DATA}\noptimizer: {learningRate: .nan}`), [
    'r.yaml:2: optimizer.learningRate: expected a number above 0 and up to 1000, given NaN',
  ]);
});

test('--set lies over the text and is read as YAML', (t) => {
  const sets = ['batch.microbatches=4', 'task.options.guards={cut: false}', 'task.options.guards.jitter=[1, 2]', 'name=a b=c'];
  const { recipe } = parseStage(`${DATA}\nbatch: {microbatches: 2}`, { overrides: sets.map(parseSet) });
  t.is(recipe.batch.microbatches, 4);
  t.deepEqual(recipe.task.options, { guards: { cut: false, jitter: [1, 2] } });
  t.is(recipe.name, 'a b=c');
});

test('a wrong value of a flag is blamed on the flag, the last one where there are two', (t) => {
  t.deepEqual(problemsOf(t, `${DATA}\nbatch: {microbatches: 2}`, [parseSet('batch.microbatches=4'), parseSet('batch.microbatches=x')]), [
    '--set batch.microbatches=x: batch.microbatches: expected a whole number from 1 to 4096, given "x"',
  ]);
  t.deepEqual(problemsOf(t, DATA, [parseSet('batch.sizes=1')]), [
    '--set batch.sizes=1: batch.sizes: no such key; expected one of microbatches, microbatchSize',
  ]);
  t.deepEqual(problemsOf(t, DATA, [{ path: ['steps'], value: 'ten', flag: '--steps ten' }]), [
    '--steps ten: steps: expected a whole number of at least 1, given "ten"',
  ]);
});

test('a --set that is no key and value is refused', (t) => {
  for (const text of ['steps', '=3', 'a..b=1', 'a.=1']) {
    t.is(t.throws(() => parseSet(text), { instanceOf: PretextError }).code, 'BAD_ARGUMENT', text);
  }
  t.is(t.throws(() => parseSet('a={'), { instanceOf: PretextError }).code, 'BAD_ARGUMENT');
});

test('a key named __proto__ changes no object but the recipe, which refuses it', (t) => {
  const overrides = [parseSet('__proto__.steps=7'), parseSet('data.__proto__.x=1')];
  t.true(problemsOf(t, DATA, overrides).every((problem) => problem.includes('no such key')));
  t.is((Object.prototype as { steps?: number }).steps, undefined);
});

test('aliases are followed to the line where a wrong value stands', (t) => {
  const text = 'model: {options: &same {a: 1}}\ndata: {root: x}\nbatch:\n  microbatches: *same';
  t.deepEqual(problemsOf(t, text), [
    'r.yaml:4: batch.microbatches: expected a whole number from 1 to 4096, given keys with values',
  ]);
});

test('a recipe written to the run folder reads back the same', (t) => {
  const { recipe } = parseRecipe(`name: "yes"\n${DATA}\ntask: {name: x, options: {list: [1, 2.5], text: "1"}}`);
  t.is(recipe.name, 'yes');
  t.deepEqual(parseRecipe(formatRecipe(recipe)).recipe, recipe);
});
