// Several classes an item: losses and ranking by float64, and what a guesser has of them.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { guessRanking } from '../../../shared/datasets/label-kinds.js';
import { backends } from '../../../worker/backends/index.js';
import { labelMedia } from '../../../worker/evaluate/labelled-media.js';
import { multiLabel as createObjective } from '../../../worker/tasks/multi-label/objective.js';
import { multiLabel } from '../../../worker/tasks/multi-label/puzzle.js';
import { LOGITS, mixed, netAt, readOutcome, SHARES, type Lost, type Mix } from '../../helpers/labels.js';
import { createMedia } from '../../helpers/media.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { bindTask, drawOne, sizesOf } from '../../helpers/puzzles.js';

// The backend is one for all.
const test = anyTest.serial as TestFn;

const SIDE = 16;

test.before(async () => {
  await backends.simd.start();
});

interface Measuring {
  /** By sample; undefined for one without a label. */
  readonly labels: readonly (readonly number[] | undefined)[];
  readonly labelled?: number;
  readonly mix?: Mix;
}

function measure(options: object, { labels, labelled, mix }: Measuring): Lost {
  return readOutcome(() => {
    const objective = createObjective(multiLabel.options.parse(options), { ...sizesOf(SIDE), classShares: SHARES, ...(labelled !== undefined && { labelled }) });
    const classes = Int32Array.from(labels.flatMap((each) => [0, 1, 2].map((k) => (each ? Number(each.includes(k)) : -1))));
    const batch = { numSamples: 4, weights: Float32Array.of(1, 1, 1, 1), tensors: { classes: tf.tensor2d(classes, [4, 3], 'int32') }, arrays: { classes } };
    return objective.losses({ classes: tf.tensor2d(LOGITS), ...(mix && mixed(mix)) }, batch, netAt(1));
  });
}

const LABELS = [[0], [0, 2], [], [1, 2]];

/** Of a sample's logits, with so much wanted of each class and of its absence. */
const lossOf = (sample: number, wanted: readonly (readonly [number, number])[]): number =>
  LOGITS[sample]!.reduce((sum, x, k) => sum + wanted[k]![0] * Math.log(1 + Math.exp(-x)) + wanted[k]![1] * Math.log(1 + Math.exp(x)), 0) / 3;

const answersOf = (labels: readonly number[]): [number, number][] => [0, 1, 2].map((k) => (labels.includes(k) ? [1, 0] : [0, 1]));

test('cross-entropy is that of float64, class by class, smoothed too; a sample without a label loses nothing', (t) => {
  t.true(largestError(measure({}, { labels: LABELS }).losses, LABELS.map((labels, i) => lossOf(i, answersOf(labels)))) < 1e-6);
  const smoothed = LABELS.map((labels, i) => lossOf(i, answersOf(labels).map(([has, not]) => [0.8 * has + 0.1, 0.8 * not + 0.1])));
  t.true(largestError(measure({ smoothing: 0.2 }, { labels: LABELS }).losses, smoothed) < 1e-6);
  const { losses, metrics } = measure({}, { labels: [LABELS[0], undefined, LABELS[2], LABELS[3]], labelled: 0.75 });
  const plain = measure({}, { labels: LABELS }).losses;
  t.true(largestError(losses, [plain[0]! / 0.75, 0, plain[2]! / 0.75, plain[3]! / 0.75]) < 1e-6);
  t.deepEqual(metrics['rankingPrecision']!.counted, [1, 0, 0, 1]);
});

test('balanced answers count by the inverse of their share, and a blended sample wants the answers of both', (t) => {
  const weigh = (answers: readonly (readonly [number, number])[]): [number, number][] => answers.map(([has, not], k) => [has / (2 * SHARES[k]!), not / (2 * (1 - SHARES[k]!))]);
  t.true(largestError(measure({ classWeights: 'balanced' }, { labels: LABELS }).losses, LABELS.map((labels, i) => lossOf(i, weigh(answersOf(labels))))) < 1e-6);
  const mix = { partner: [3, 0, 2, 1], own: [0.6, 0.75, 1, 0.5] };
  const expected = LABELS.map((labels, i) => mix.own[i]! * lossOf(i, answersOf(labels)) + (1 - mix.own[i]!) * lossOf(i, answersOf(LABELS[mix.partner[i]!]!)));
  t.true(largestError(measure({ mixup: 1 }, { labels: LABELS, mix }).losses, expected) < 1e-6);
});

test('ranking precision is the share of a sample\'s classes among those ranked as high, averaged over its classes', (t) => {
  const { values, counted } = measure({}, { labels: LABELS }).metrics['rankingPrecision']!;
  // By rank: 1 of 1; ranks 2 and 3: 1/2 and 2/3; none; ranks 3 and 2: 2/3 and 1/2.
  t.true(largestError(values, [1, (1 / 2 + 2 / 3) / 2, 0, (1 / 2 + 2 / 3) / 2]) < 1e-6, JSON.stringify(values));
  t.deepEqual(counted, [1, 1, 0, 1]);
});

test('the ranking of a guesser is that of the frequencies, and its loss their entropy', (t) => {
  const lists = [[0], [0, 1], [2], [0], []];
  t.true(Math.abs(guessRanking(lists, [0.6, 0.2, 0.2]) - (1 + 1 + 1 / 3 + 1) / 4) < 1e-12);
  const puzzle = multiLabel.bind(multiLabel.options.parse({}), { ...sizesOf(SIDE), classShares: SHARES, chance: { rankingPrecision: 0.7 } });
  const entropy = SHARES.reduce((sum, p) => sum - p * Math.log(p) - (1 - p) * Math.log(1 - p), 0) / 3;
  t.true(Math.abs(puzzle.chanceLosses!['crossEntropy']! - entropy) < 1e-12);
  t.is(puzzle.metrics['rankingPrecision']!.chance, 0.7);
});

test('a puzzle has a 1 for each class of its item, and says so; -1 everywhere stands for no label', (t) => {
  const puzzle = bindTask(multiLabel, {}, SIDE);
  const { random } = freshRandom();
  const { frames, item } = createMedia(1, { side: SIDE + 4, puzzle });
  const unlabelled = { frames, item };
  const has = drawOne(puzzle, { ...unlabelled, labels: [0, 2] }, random).out;
  t.deepEqual([[...has['classes']!], puzzle.explain!(has).answer], [[1, 0, 1], 'of classes a, c']);
  const none = drawOne(puzzle, { ...unlabelled, labels: [] }, random).out;
  t.deepEqual([[...none['classes']!], puzzle.explain!(none).answer], [[0, 0, 0], 'of no class']);
  t.deepEqual([...drawOne(puzzle, unlabelled, random).out['classes']!], [-1, -1, -1]);
});

test('of what a label lists, what the task knows is told, class by class', (t) => {
  const { frames } = createMedia(0, { side: SIDE, puzzle: bindTask(multiLabel, {}, SIDE) });
  t.deepEqual(labelMedia({ frames, item: 0 }, 'dog;cat;hen', ['cat', 'dog']).labels, [1, 0]);
});

test('more classes than can be ranked are refused', (t) => {
  const many = { ...sizesOf(SIDE), classes: Array.from({ length: 1001 }, (_, k) => `c${k}`) };
  t.regex(t.throws(() => multiLabel.bind(multiLabel.options.parse({}), many), { code: 'BAD_RECIPE' }).message, /at most 1000/);
});
