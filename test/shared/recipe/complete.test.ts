import test from 'ava';
import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { completeRecipe, resolveTask, type Registries } from '../../../shared/recipe/complete.js';
import { parseSet } from '../../../shared/recipe/overrides.js';
import { parseStage } from '../../helpers/recipes.js';

const registries: Registries = {
  task: {
    'frame-order': { media: 'video', isDefault: true, options: z.strictObject({ frames: z.int().min(2).default(4), guards: z.strictObject({ cut: z.boolean().default(true) }).prefault({}) }) },
    rotation: { media: 'image', isDefault: true, options: z.strictObject({}) },
  },
  model: { convnet: { options: z.strictObject({ width: z.int().min(1).default(16) }) } },
  optimizer: { sgd: { options: z.strictObject({ momentum: z.number().min(0).lt(1).default(0.9) }) } },
  schedule: { cosine: { options: z.strictObject({ warmup: z.number().min(0).max(1).default(0.05) }) } },
};

function problemsOf(text: string, sets: readonly string[] = []): string[] {
  const { recipe, locate } = parseStage(text, { file: 'r.yaml', overrides: sets.map(parseSet) });
  try {
    completeRecipe(recipe, registries, locate);
  } catch (error) {
    if (error instanceof PretextError && error.code === 'BAD_RECIPE') return error.message.split('\n');
    throw error;
  }
  return [];
}

test('defaults of the options are filled in by their owners', (t) => {
  const { recipe } = parseStage('data: {root: x}\ntask: {name: frame-order, options: {frames: 3}}');
  const complete = completeRecipe(recipe, registries);
  t.deepEqual(complete.task.options, { frames: 3, guards: { cut: true } });
  t.deepEqual(complete.model.options, { width: 16 });
  t.deepEqual(complete.optimizer.options, { momentum: 0.9 });
  t.deepEqual(complete.optimizer.schedule.options, { warmup: 0.05 });
  t.deepEqual(completeRecipe(complete, registries), complete);
});

test('the task auto follows the kind of the data, and keeps its options until then', (t) => {
  const { recipe } = parseStage('data: {root: x}\ntask: {options: {frames: 3}}');
  t.deepEqual(completeRecipe(recipe, registries).task, { name: 'auto', options: { frames: 3 } });
  t.is(resolveTask(recipe, 'video', registries.task).task.name, 'frame-order');
  t.is(resolveTask(recipe, 'image', registries.task).task.name, 'rotation');
  const named = parseStage('data: {root: x}\ntask: {name: rotation}').recipe;
  t.is(resolveTask(named, 'video', registries.task).task.name, 'rotation');
});

test('an unknown name lists the known ones, with the likely one', (t) => {
  t.deepEqual(problemsOf('data: {root: x}\ntask:\n  name: frameorder\nmodel: {name: transformer}'), [
    'r.yaml:3: task.name: expected one of frame-order, rotation, given "frameorder"; did you mean frame-order?',
    'r.yaml:4: model.name: expected one of convnet, given "transformer"',
  ]);
});

test('a name that every object has is not a known one', (t) => {
  t.is(problemsOf('data: {root: x}\nmodel: {name: constructor}').length, 1);
});

test('wrong options are named by their full key, line or flag', (t) => {
  const text = 'data: {root: x}\ntask:\n  name: frame-order\n  options:\n    frames: 1\n    guards:\n      cuts: true';
  t.deepEqual(problemsOf(text, ['model.options.width=wide', 'optimizer.options.momentum=1']), [
    'r.yaml:5: task.options.frames: expected a whole number of at least 2, given 1',
    'r.yaml:7: task.options.guards.cuts: no such key; did you mean task.options.guards.cut?',
    '--set model.options.width=wide: model.options.width: expected a whole number of at least 1, given "wide"',
    '--set optimizer.options.momentum=1: optimizer.options.momentum: expected a number of at least 0 and below 1, given 1',
  ]);
});
