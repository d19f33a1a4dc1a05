// One suite for every task of the registry: what it draws, and what its head and its loss owe to whoever trains it. A task needs
// nothing here to be tested; more options than the defaults are tried where test/helpers/task-cases.ts has some.

import { existsSync } from 'node:fs';
import anyTest, { type TestFn } from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { dropUndefined } from '../../../shared/drop-undefined.js';
import { createRandom } from '../../../shared/random/random.js';
import { MAIN_PLAYER, playerOf, sizeOf } from '../../../shared/state/spec.js';
import { createArrays } from '../../../worker/augment/arrays.js';
import { sliceSample } from '../../../worker/augment/prepare-samples.js';
import { backends } from '../../../worker/backends/index.js';
import { toBatch } from '../../../worker/compute/batch.js';
import type { TrainerParts } from '../../../worker/compute/build-parts.js';
import { createNet } from '../../../worker/compute/net.js';
import { sumOutcome } from '../../../worker/compute/outcome.js';
import type { NamedTensors } from '../../../worker/models/model.js';
import type { Outcome } from '../../../worker/tasks/objective.js';
import type { TaskName } from '../../../worker/tasks/puzzles.js';
import type { Arrays } from '../../../worker/tasks/task.js';
import { alwaysWrong, checkGradients, freshRandom, wrongGradients } from '../../helpers/numerics.js';
import { createMedia } from '../../helpers/media.js';
import { buildCase, cases, describeCase, names, NUM_SAMPLES, SIDE, type Case } from '../../helpers/task-cases.js';

// Tensors are counted.
const test = anyTest.serial as TestFn;

/** Of the samples together. */
const USUAL_LOSS = 20;

/** What losses take as given, though the trained arrays made it. */
const targets: Partial<Record<TaskName, readonly string[]>> = { simsiam: ['one', 'other'] };

test.before(async () => {
  await backends.simd.start();
});

interface Drawn {
  readonly arrays: Arrays;
  readonly weights: Float32Array;
}

/** Puzzles of different items, the last of which cannot be used. */
function draw({ puzzle }: TrainerParts, key: number): Drawn {
  const { arrays, weights } = createArrays(puzzle, NUM_SAMPLES);
  for (let slot = 0; slot < NUM_SAMPLES - 1; slot++) {
    const random = createRandom({ seed: key, epoch: 0, sample: slot, purpose: 'puzzle' });
    weights[slot] = puzzle.draw(createMedia(slot, { side: SIDE + 4, puzzle }), random, sliceSample(arrays, slot, NUM_SAMPLES)) ? 1 : 0;
  }
  return { arrays, weights };
}

type Change = (predictions: NamedTensors) => NamedTensors;

interface Pass {
  /** Missing where nothing is trained. */
  readonly step?: number;
  /** What becomes of predictions before they are lost by. */
  readonly change?: Change;
}

function outcomeOf(parts: TrainerParts, values: Record<string, tf.Tensor>, { arrays, weights }: Drawn, { step, change = (same) => same }: Pass): Outcome {
  const { model, modelOptions, puzzle, objective } = parts;
  const training = step === undefined ? {} : { training: { seed: 1, step, microbatch: 0 } };
  const net = createNet({ model, modelOptions, values, ...training });
  const batch = toBatch(puzzle, arrays, weights, step === undefined ? undefined : Int32Array.from(weights, (_weight, sample) => 3 * sample));
  return objective.losses(change(objective.predict(batch, net)), batch, net);
}

interface Losing {
  /** The sum of all terms, or of those alone that train the array of that name. */
  lossOf(values: Record<string, tf.Tensor>, changed?: string): tf.Scalar;
  dispose(): void;
}

/** The loss as a function of values. Where a task has targets, they stay what they were the first time, as gradients have it. */
function holdTargets(parts: TrainerParts, drawn: Drawn, names: readonly string[]): Losing {
  let held: NamedTensors | undefined;
  const change: Change = (predictions) => {
    held ??= Object.fromEntries(names.map((name) => [name, tf.keep(tf.clone(predictions[name]!))]));
    return { ...predictions, ...held };
  };
  return {
    lossOf(values, changed) {
      const outcome = outcomeOf(parts, values, drawn, { step: 1, ...(names.length > 0 && { change }) });
      const spec = parts.layout.entries.find(({ name }) => name === changed);
      const terms = Object.entries(outcome.terms).filter(([, { player = MAIN_PLAYER }]) => spec?.kind !== 'trained' || player === playerOf(spec));
      return sumOutcome({ ...outcome, terms: Object.fromEntries(terms) }, tf.tensor1d(drawn.weights)).loss;
    },
    dispose: () => tf.dispose(Object.values(held ?? {})),
  };
}

const draws = anyTest.macro({
  title: (_title, given: Case) => `${describeCase(given)} draws the same bytes from the same key, others from another, into every array`,
  exec(t, given: Case) {
    const parts = buildCase(given);
    const drawn = draw(parts, 1);
    t.deepEqual([...drawn.weights], [1, 1, 1, 1, 1, 0]);
    t.deepEqual(draw(parts, 1), drawn);
    t.notDeepEqual(draw(parts, 2), drawn);
    for (const [name, { shape }] of Object.entries(parts.puzzle.arrays)) {
      t.is(drawn.arrays[name]!.length, NUM_SAMPLES * sizeOf(shape));
      t.true(drawn.arrays[name]!.some((value) => value !== 0), name);
    }
  },
});

const holds = anyTest.macro({
  title: (_title, given: Case) => `${describeCase(given)}: gradients are those of finite differences, and no tensor is left`,
  exec(t, given: Case) {
    const numTensors = tf.memory().numTensors;
    const parts = buildCase(given);
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const specs = parts.layout.entries;
    const trained = specs.filter(({ kind }) => kind === 'trained');
    t.true(trained.every(({ name }) => /^(head|trunk)\//.test(name)));
    const drawn = draw(parts, 1);
    const wrong = alwaysWrong(() => {
      const sizes: number[] = [];
      const { lossOf, dispose } = holdTargets(parts, drawn, targets[given.name] ?? []);
      const checks = checkGradients(specs, (values, changed) => {
        const loss = lossOf(values, changed);
        sizes.push(loss.dataSync<'float32'>()[0]!);
        return loss;
      }, random, 1e-3);
      dispose();
      // Rounding and curvature grow with the loss, and so must what is found in spite of them.
      const size = Math.max(1, Math.max(...sizes) / USUAL_LOSS);
      const steepest = Math.max(...checks.map(({ analytic }) => Math.abs(analytic)));
      if (steepest > 0.02 * size) return wrongGradients(checks, 0.03, 6e-3 * size);
      // A point that is flat in every direction shows nothing: another one must.
      t.log(`flat: the steepest is ${steepest}, the size ${size}`);
      return checks;
    });
    t.deepEqual(wrong, []);
    t.is(tf.memory().numTensors, numTensors);
  },
});

const measures = anyTest.macro({
  title: (_title, given: Case) => `${describeCase(given)}: measures what it announces, sample by sample, the same each time, and nothing of samples that cannot be used`,
  exec(t, given: Case) {
    const parts = buildCase(given);
    const { random } = freshRandom();
    const drawn = draw(parts, 1);
    const values = Object.fromEntries(parts.layout.entries.map(({ name, shape }) =>
      [name, tf.tensor(Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-0.2, 0.2)), [...shape])]));
    const read = (from: Drawn, step?: number): Record<string, number[]> => tf.tidy(() => {
      const { terms, metrics } = outcomeOf(parts, values, from, dropUndefined({ step }));
      t.deepEqual(Object.keys(terms).sort(), [...parts.puzzle.terms].sort());
      t.deepEqual(Object.keys(metrics).sort(), Object.keys(parts.puzzle.metrics).sort());
      return Object.fromEntries(Object.entries({ ...terms, ...metrics }).flatMap(([name, { perSample, weight }]) => {
        t.deepEqual(perSample.shape, [NUM_SAMPLES]);
        const weights = weight ? [...weight.dataSync<'float32'>()] : [...from.weights];
        const weighted = [...perSample.dataSync<'float32'>()].map((value, i) => value * weights[i]!);
        return [[name, weighted], [`${name} weights`, weights]];
      }));
    });
    const first = read(drawn);
    t.true(Object.values(first).flat().every(Number.isFinite));
    t.deepEqual(read(drawn), first);
    t.deepEqual(read(drawn, 1), read(drawn, 1));
    t.true(Object.entries(first).every(([name, each]) => !name.endsWith(' weights') || each.at(-1) === 0));
    tf.dispose(values);
  },
});

for (const given of cases) {
  test(draws, given);
  test(holds, given);
  test(measures, given);
}

for (const name of names) {
  test(`${name} has tests of its own`, (t) => {
    t.true(existsSync(new URL(`./${name}.test.js`, import.meta.url)));
  });
}

test('cross-entropy stays finite where a logit is huge, and names the right answers', (t) => {
  const parts = buildCase({ name: 'rotation', options: {} });
  tf.tidy(() => {
    const logits = tf.tensor2d([[1e4, 0, 0, 0], [1e4, 0, 0, 0], [-1e4, 0, 0, 0]]);
    const turns = tf.tensor2d([0, 2, 0], [3, 1], 'int32');
    const batch = { numSamples: 3, tensors: { turn: turns }, arrays: {}, weights: new Float32Array(3).fill(1) };
    const net = createNet({ model: parts.model, modelOptions: parts.modelOptions, values: {} });
    const { terms, metrics } = parts.objective.losses({ turn: logits }, batch, net);
    const losses = [...terms['crossEntropy']!.perSample.dataSync<'float32'>()].map((loss) => loss + 0);
    t.deepEqual(losses, [0, 1e4, Math.fround(1e4 + Math.log(3))]);
    t.deepEqual([...metrics['accuracy']!.perSample.dataSync()], [1, 0, 0]);
  });
});
