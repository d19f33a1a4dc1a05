// What is known beforehand of what recipes learn: whose metrics and losses are whose, and what a guesser has.

import test from 'ava';
import { bindRecipe, readRecipe } from '../../worker/bind-recipe.js';
import { describeLearning } from '../../worker/describe-learning.js';

const read = (recipe: object) => readRecipe({ data: { root: 'x' }, ...recipe });

test('each of several tasks has its own metrics and losses by the names that steps report, and losses of a guesser that loses the weight', (t) => {
  const { tasks, metrics } = describeLearning(read({ tasks: [{ name: 'rotation', options: { guards: { randomCrop: false } } }, { name: 'jigsaw', weight: 3 }] }));
  t.deepEqual(tasks.map(({ task, terms }) => [task, terms]), [['rotation', ['rotation/crossEntropy']], ['jigsaw', ['jigsaw/crossEntropy']]]);
  t.deepEqual(tasks.map(({ guardsOff }) => guardsOff), [['randomCrop'], []]);
  tasks.forEach(({ chanceLoss }, i) => t.true(Math.abs(chanceLoss! - [1, 3][i]!) < 1e-12));
  t.deepEqual(tasks.flatMap((task) => Object.keys(task.metrics)), Object.keys(metrics));
});

test('consistency is measured, and is no metric of the task', (t) => {
  const { tasks: [task], metrics } = describeLearning(read({ task: { name: 'rotation' }, consistency: { features: [{ loss: 'infoNce' }] } }));
  t.deepEqual(Object.keys(task!.metrics), ['accuracy']);
  t.deepEqual(task!.terms, ['crossEntropy']);
  t.true(Object.keys(metrics).some((name) => /^consistency\/.*\/embeddingDeviation$/.test(name)));
});

test('losses of other players are not what the trunk learns from; guards that tighten are known, and tasks of labels', (t) => {
  const only = (recipe: object) => describeLearning(read(recipe)).tasks[0]!;
  t.deepEqual(only({ task: { name: 'inpainting', options: { adversarial: 0.01 } } }).terms, ['pixels', 'fooling']);
  t.is(only({ task: { name: 'frame-order' } }).guardedFrom, 1);
  t.is(only({ task: { name: 'frame-order', options: { strength: { start: 1 } } } }).guardedFrom, 0);
  t.true(only({ task: { name: 'classify' }, data: { root: 'x', classes: ['a', 'b'] } }).isSupervised);
});

test('a best by a metric that nobody measures is refused with those that there are', (t) => {
  t.notThrows(() => bindRecipe(read({ task: { name: 'rotation' }, evaluate: { best: 'accuracy' } })));
  t.throws(() => bindRecipe(read({ task: { name: 'rotation' }, evaluate: { best: 'accurcy' } })), { message: /evaluate\.best: expected one of knn, accuracy, given "accurcy"/ });
});
