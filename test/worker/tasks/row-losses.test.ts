// What tasks that compare rows of a microbatch lose, all terms together: against the papers' formulas in float64, on rows of noise and on
// what a network predicts.

import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type Random } from '../../../shared/random/random.js';
import { initState } from '../../../shared/state/init.js';
import { backends } from '../../../worker/backends/index.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import { sumOutcome, type SummedOutcome } from '../../../worker/compute/outcome.js';
import { nameValues } from '../../../worker/evaluate/features.js';
import { drawDirections } from '../../../worker/losses/sigreg.js';
import type { NamedTensors } from '../../../worker/models/model.js';
import type { Net } from '../../../worker/tasks/objective.js';
import { freshRandom, largestError, normals, slopeAlong } from '../../helpers/numerics.js';
import { covarianceOf, dot, drawRows, unit, type Rows } from '../../helpers/rows.js';
import { buildCase, NUM_SAMPLES, type Case } from '../../helpers/task-cases.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const DIMS = 4;
const DIRECTIONS = 6;
/** Two samples cannot be used. */
const WEIGHTS = Float32Array.of(1, 0, 1, 1, 0, 1);
const USABLE = [0, 2, 3, 5];

type NamedRows = Readonly<Record<string, Rows>>;

/** A task, its predictions that learn, and each of its terms, summed over the samples that can be used. */
interface Compared extends Case {
  readonly learnt: readonly string[];
  /** Predictions that do not learn, and rows of the state. */
  readonly given?: Readonly<Record<string, number>>;
  /** Rows of each sample in a prediction. Default: one. */
  readonly crops?: number;
  readonly isUnit: boolean;
  expected(rows: NamedRows): Record<string, number>;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const usable = (rows: Rows): Rows => USABLE.map((sample) => rows[sample]!);
const squaredDistance = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, d) => (value - b[d]!) ** 2));

/** -log of the share that the right one has of e^(similarity / temperature) of all. */
function contrastive(row: number[], right: number[], wrong: Rows, temperature: number): number {
  const scores = [right, ...wrong].map((other) => dot(row, other) / temperature);
  const largest = Math.max(...scores);
  return Math.log(sum(scores.map((score) => Math.exp(score - largest)))) + largest - scores[0]!;
}

/** Each query is told from all of the queue, and from nothing of the microbatch. */
const moco = (temperature: number, queue: number): Compared => ({
  name: 'moco', options: { queue, temperature, dims: DIMS, hidden: 5 }, learnt: ['query'], given: { key: NUM_SAMPLES, queue }, isUnit: true,
  expected: ({ query, key, queue: others }) => ({ infoNce: sum(USABLE.map((i) => contrastive(query![i]!, key![i]!, others!, temperature))) }),
});

/** Each view is told from both views of all other samples that can be used. */
const simclr = (temperature: number): Compared => ({
  name: 'simclr', options: { temperature, dims: DIMS, hidden: 5 }, learnt: ['one', 'other'], isUnit: true,
  expected: ({ one, other }) => ({
    ntXent: sum(USABLE.map((i) => {
      const wrong = USABLE.filter((k) => k !== i).flatMap((k) => [one![k]!, other![k]!]);
      return mean([contrastive(one![i]!, other![i]!, wrong, temperature), contrastive(other![i]!, one![i]!, wrong, temperature)]);
    })),
  }),
});

function vicreg(options: object, [invariance, variance, covariance]: readonly [number, number, number]): Compared {
  return {
    name: 'vicreg', options: { dims: DIMS, hidden: 5, ...options }, learnt: ['one', 'other'], isUnit: false,
    expected({ one, other }) {
      const matrices = [one!, other!].map((rows) => covarianceOf(usable(rows), USABLE.length - 1));
      const shortfalls = matrices.map((matrix) => mean(matrix.map((row, d) => Math.max(0, 1 - Math.sqrt(row[d]! + 1e-4)))));
      const crossed = matrices.map((matrix) => sum(matrix.flatMap((row, d) => row.filter((_, e) => d !== e).map((value) => value ** 2))) / DIMS);
      return {
        invariance: sum(USABLE.map((i) => (invariance * squaredDistance(one![i]!, other![i]!)) / DIMS)),
        variance: USABLE.length * variance * mean(shortfalls),
        covariance: USABLE.length * covariance * sum(crossed),
      };
    },
  };
}

const keyOfDirections = { seed: 4, epoch: 1, sample: 2, purpose: 'objective' } as const;

/** Of rows along one direction: by the trapezoid rule on 33 points of -3..3, how far their characteristic function is from a normal one's. */
function normality(values: readonly number[]): number {
  const step = 3 / 16;
  return values.length * sum(Array.from({ length: 33 }, (_, k) => {
    const at = (k - 16) * step;
    const wanted = Math.exp((-at * at) / 2);
    const [real, imaginary] = [mean(values.map((value) => Math.cos(at * value))), mean(values.map((value) => Math.sin(at * value)))];
    return (k % 32 === 0 ? step / 2 : step) * wanted * ((real - wanted) ** 2 + imaginary ** 2);
  }));
}

/** Crops are as far as they are from the middle of the large ones, and each crop's rows, small ones' too, must be normal along each direction. */
function lejepa(options: object, weight: number, [global, local]: readonly [number, number]): Compared {
  const numCrops = global + local;
  return {
    name: 'lejepa', options: { dims: DIMS, hidden: 5, directions: DIRECTIONS, crops: { global, local }, ...options }, learnt: ['rows'], crops: numCrops, isUnit: false,
    expected({ rows }) {
      const directions = tf.tidy(() => drawDirections(createRandom(keyOfDirections), DIMS, DIRECTIONS).arraySync());
      const crops = Array.from({ length: numCrops }, (_, crop) => rows!.slice(crop * NUM_SAMPLES, (crop + 1) * NUM_SAMPLES));
      const middles = crops[0]!.map((row, i) => row.map((_, d) => mean(crops.slice(0, global).map((each) => each[i]![d]!))));
      const statistics = crops.flatMap((each) => directions[0]!.map((_, s) => normality(usable(each).map((row) => dot(row, directions.map((along) => along[s]!))))));
      return {
        invariance: (1 - weight) * sum(USABLE.map((i) => mean(crops.map((each) => squaredDistance(each[i]!, middles[i]!) / DIMS)))),
        sigreg: USABLE.length * weight * mean(statistics),
      };
    },
  };
}

const compared: readonly Compared[] = [
  moco(0.2, 7), moco(0.07, 3), simclr(0.5), simclr(0.1),
  vicreg({}, [25, 25, 1]), vicreg({ invariance: 3, variance: 5, covariance: 7 }, [3, 5, 7]),
  lejepa({}, 0.05, [2, 4]), lejepa({ weight: 0.7 }, 0.7, [3, 0]), lejepa({ weight: 0.4 }, 0.4, [1, 2]),
];

const drawNoise = (random: Random, { learnt, given = {}, crops = 1, isUnit }: Compared): NamedRows =>
  Object.fromEntries([...learnt.map((name) => [name, crops * NUM_SAMPLES] as const), ...Object.entries(given)].map(([name, count]) => {
    const rows = drawRows(random, count, DIMS, 0.9);
    return [name, isUnit ? rows.map((row) => unit(row).map(Math.fround)) : rows];
  }));

/** What an untrained network says of pictures of noise, and the rows of its state. */
const predict = (random: Random, { puzzle, objective, layout, ...parts }: TrainerParts, { learnt, given = {} }: Compared): NamedRows => tf.tidy(() => {
  const values = nameValues(layout, initState(layout, random.uint32()));
  const tensors: NamedTensors = Object.fromEntries(Object.entries(puzzle.arrays).map(([name, { shape }]) =>
    [name, tf.tensor(normals(random, NUM_SAMPLES * shape.reduce((a, b) => a * b)), [NUM_SAMPLES, ...shape])]));
  const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values, training: { seed: 1, step: 1, microbatch: 0 } });
  const all = { ...values, ...objective.predict({ numSamples: NUM_SAMPLES, tensors, arrays: {}, weights: WEIGHTS }, net) };
  return Object.fromEntries([...learnt, ...Object.keys(given)].map((name) => [name, tf.reshape<tf.Rank.R2>(all[name]!, [-1, DIMS]).arraySync()]));
});

/** The outcome of the task's own losses, its predictions from rows. Owns nothing. */
function lose({ objective }: TrainerParts, { crops }: Compared, rows: NamedTensors): SummedOutcome {
  const shape = crops === undefined ? [NUM_SAMPLES, DIMS] : [crops, NUM_SAMPLES, DIMS];
  const { queue, ...others } = rows;
  const predictions = Object.fromEntries(Object.entries(others).map(([name, each]) => [name, tf.reshape(each, shape)]));
  const net: Partial<Net> = { named: () => (queue ? { queue } : {}), random: createRandom(keyOfDirections) };
  return sumOutcome(objective.losses(predictions, { numSamples: NUM_SAMPLES, tensors: {}, arrays: {}, weights: WEIGHTS }, net as Net), tf.tensor1d(WEIGHTS));
}

/** Numbers one after the other, as rows by name again. */
function splitRows(names: readonly string[], like: NamedRows, values: readonly number[]): NamedRows {
  let next = 0;
  return Object.fromEntries(names.map((name) => [name, like[name]!.map((row) => values.slice(next, (next += row.length)))]));
}

const read = (tensor: tf.Tensor): Float32Array => tensor.dataSync<'float32'>();

for (const each of compared) {
  for (const from of ['noise', 'a network'] as const) {
    test(`${each.name} ${JSON.stringify(each.options)} loses of rows of ${from} what float64 says, term by term and in the gradient`, (t) => {
      const { random, seed } = freshRandom();
      t.log(`seed ${seed}`);
      const parts = buildCase(each);
      const rows = from === 'noise' ? drawNoise(random, each) : predict(random, parts, each);
      const expected = each.expected(rows);
      const direction = normals(random, sum(each.learnt.map((name) => rows[name]!.length * DIMS)));
      tf.tidy(() => {
        const tensors = Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, tf.tensor2d(values)]));
        const { terms, rows: kept } = lose(parts, each, tensors);
        t.deepEqual(terms.map(({ name }) => name), Object.keys(expected));
        for (const { name, sum, weight } of terms) {
          t.true(largestError(read(sum), [expected[name]!]) < 1e-5, `${name}: ${read(sum)[0]} instead of ${expected[name]}`);
          t.is(weight, undefined);
        }
        if (rows['key']) t.deepEqual([...read(kept['queue']!)], rows['key'].flat());
        const loseLearnt = (...learnt: tf.Tensor[]): tf.Scalar =>
          lose(parts, each, { ...tensors, ...Object.fromEntries(each.learnt.map((name, i) => [name, learnt[i]!])) }).loss;
        const gradients = tf.grads(loseLearnt)(each.learnt.map((name) => tensors[name]!)).flatMap((gradient) => [...read(gradient)]);
        const slope = sum(gradients.map((value, i) => value * direction[i]!));
        const expectedOf = (values: number[]): number => sum(Object.values(each.expected({ ...rows, ...splitRows(each.learnt, rows, values) })));
        const wanted = slopeAlong(expectedOf, each.learnt.flatMap((name) => rows[name]!.flat()), direction);
        t.true(largestError([slope], [wanted]) < 1e-4, `slope ${slope} instead of ${wanted}`);
      });
    });
  }
}
