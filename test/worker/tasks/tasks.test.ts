// One suite for every task of the registry: what its head and its loss owe to whoever trains it.

import test from 'ava';
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../../shared/random/random.js';
import { backends } from '../../../worker/backends/index.js';
import { tasks } from '../../../worker/tasks/index.js';
import type { LossContext, Task, TaskLoss, TrunkShape } from '../../../worker/tasks/task.js';
import { checkGradients, freshRandom, normals, wrongGradients } from '../../helpers/numerics.js';

interface Case {
  readonly name: keyof typeof tasks;
  readonly options: object;
  readonly trunk: TrunkShape;
}

const cases: readonly Case[] = [
  { name: 'frame-order', options: { numFrames: 4, frameUnits: 7, pairUnits: 5 }, trunk: { channels: 3, side: 3 } },
  { name: 'frame-order', options: { numFrames: 3, frameUnits: 5, pairUnits: 3, grid: 2, dropout: 0.3 }, trunk: { channels: 4, side: 5 } },
  { name: 'rotation', options: {}, trunk: { channels: 5, side: 3 } },
];

const NUM_SAMPLES = 5;

function contextOf(key: number, training = true): LossContext {
  return { training, random: createRandom({ seed: key, epoch: 0, sample: 0, purpose: 'dropout' }) };
}

test.before(async () => {
  await backends.simd.start();
});

function build({ name, options: given, trunk }: Case) {
  const task: Task = tasks[name];
  const options = task.options.parse(given);
  const { random } = freshRandom();
  const { numFrames } = task.shape(options, 32);
  const shape: [number, number, number, number] = [NUM_SAMPLES * numFrames, trunk.side, trunk.side, trunk.channels];
  const features = tf.tensor4d(normals(random, shape.reduce((a, b) => a * b)), shape);
  const numClasses = Math.round(1 / task.chance(options));
  const classes = Int32Array.from({ length: NUM_SAMPLES }, () => random.int(numClasses));
  const targetsBT = tf.tensor2d(classes, [NUM_SAMPLES, 1], 'int32');
  const lossOf = (parameters: Record<string, tf.Tensor>, context: LossContext): TaskLoss =>
    task.loss(parameters, { features }, targetsBT, options, context);
  const dispose = (): void => tf.dispose([features, targetsBT]);
  return { specs: task.parameters(options, trunk), lossOf, dispose, random, numClasses };
}

const holds = test.macro({
  title: (_title, { name, options }: Case) => `${name} ${JSON.stringify(options)}: gradients are those of finite differences, and no tensor is left`,
  exec(t, given: Case) {
    const numTensors = tf.memory().numTensors;
    const { specs, lossOf, dispose, random } = build(given);
    t.true(specs.every(({ name }) => name.startsWith('head/')));
    t.deepEqual(specs.filter(({ decay, name }) => decay !== name.endsWith('kernel')), []);
    const checks = checkGradients(specs, (parameters) => tf.sum(lossOf(parameters, contextOf(1)).lossPerSample), random, 1e-3);
    t.deepEqual(wrongGradients(checks, 0.02, 4e-3), []);
    t.true(checks.some(({ analytic }) => Math.abs(analytic) > 0.05));
    dispose();
    t.is(tf.memory().numTensors, numTensors);
  },
});

const guesses = test.macro({
  title: (_title, { name, options }: Case) => `${name} ${JSON.stringify(options)}: starts near the loss of a guess, sample by sample, the same each time`,
  exec(t, given: Case) {
    const { specs, lossOf, dispose, random, numClasses } = build(given);
    const parameters = Object.fromEntries(
      specs.map(({ name, shape, init }) => [name, tf.tensor(normals(random, shape.reduce((a, b) => a * b, 1)).map((x) => (init.kind === 'constant' ? init.value : x / 100)), [...shape])]),
    );
    const read = (context: LossContext): number[][] =>
      tf.tidy(() => {
        const { lossPerSample, metrics } = lossOf(parameters, context);
        return [lossPerSample, metrics['accuracy']!].map((tensor) => [...tensor.dataSync<'float32'>()]);
      });
    const [losses, accuracy] = read(contextOf(1));
    t.is(losses!.length, NUM_SAMPLES);
    t.true(losses!.every((loss) => Math.abs(loss - Math.log(numClasses)) < 0.3));
    t.true(accuracy!.every((right) => right === 0 || right === 1));
    t.deepEqual(read(contextOf(1)), [losses, accuracy]);
    const usesDropout = 'dropout' in given.options;
    if (usesDropout) t.notDeepEqual(read(contextOf(2)), [losses, accuracy]);
    t.deepEqual(read(contextOf(1, false)), read(contextOf(2, false)));
    dispose();
    tf.dispose(parameters);
  },
});

for (const given of cases) {
  test(holds, given);
  test(guesses, given);
}

test('cross-entropy stays finite where a logit is huge, and names the right answers', (t) => {
  const task: Task = tasks.rotation;
  tf.tidy(() => {
    const kernel = tf.tensor2d([[1, 0, 0, 0]]);
    const parameters = { 'head/turn/kernel': kernel, 'head/turn/bias': tf.zeros([4]) };
    const features = tf.tensor4d([1e4, 1e4, -1e4], [3, 1, 1, 1]);
    const targets = tf.tensor2d([0, 2, 0], [3, 1], 'int32');
    const { lossPerSample, metrics } = task.loss(parameters, { features }, targets, {}, contextOf(1));
    t.deepEqual([...lossPerSample.dataSync<'float32'>()].map((loss) => loss + 0), [0, 1e4, Math.fround(1e4 + Math.log(3))]);
    t.deepEqual([...metrics['accuracy']!.dataSync()], [1, 0, 0]);
  });
});
