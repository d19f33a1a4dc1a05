// Consistency that is refused, with the reason.

import test from 'ava';
import { partsOf } from '../../../helpers/recipes.js';

const USUAL = {
  data: { root: '/data', source: 'image-folder', side: 16, shortSide: 20 }, task: { name: 'rotation' },
  model: { name: 'convnet', options: { width: 3, stages: 2 } }, batch: { microbatches: 3, microbatchSize: 5 },
};

const refuses = test.macro({
  title: (title) => `refused: ${title ?? ''}`,
  exec(t, more: object, pattern: RegExp) {
    t.regex(t.throws(() => partsOf({ ...USUAL, ...more }, 20), { code: 'BAD_RECIPE' }).message, pattern);
  },
});

test('nothing that is to be alike', refuses, { consistency: {} }, /expected predictions, features or both/);
test('predictions without a rule', refuses, { task: { name: 'colorization' }, consistency: { predictions: {} } }, /no valid rule: its answer is a picture/);
test('permutations that are not closed', refuses, { task: { name: 'jigsaw' }, consistency: { predictions: {} } }, /no valid rule: its 24 permutations are not all/);
test('a mean square of features, which collapses', refuses, { consistency: { features: [{ loss: 'mse' }] } }, /it collapses/);
test('a stage that is not there', refuses, { consistency: { features: [{ stage: 'stage9' }] } }, /expected one of stage1, stage2, last, given "stage9"/);
test('one stage twice', refuses, { consistency: { features: [{}, {}] } }, /expected each stage once/);
test('a microbatch of one', refuses, { batch: { microbatches: 2, microbatchSize: 1 }, consistency: { features: [{}] } }, /compares samples of a microbatch/);
test('options of the second version that make it another puzzle', refuses,
  { task: { name: 'jigsaw', options: { grid: 2 } }, consistency: { features: [{}], second: { grid: 3 } } }, /consistency\.second: .* make it another one/);
test('options that the task does not have', refuses, { consistency: { features: [{}], second: { minarea: 0.3 } } }, /consistency\.second\.minarea/);
test('several tasks without any rule', refuses,
  { task: { name: 'auto' }, tasks: [{ name: 'colorization', weight: 1 }, { name: 'mae', weight: 1 }], model: { name: 'vit' }, consistency: { predictions: {} } },
  /no valid rule: nobody can say how the classes of colorization and mae move/);
