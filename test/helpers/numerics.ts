// Checks that tests of numbers share: fresh random arrays, and gradients against finite differences.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import type { Random } from '../../shared/random/random.js';
import { initValues } from '../../shared/state/init.js';
import { createLayout } from '../../shared/state/layout.js';
import type { StateSpec } from '../../shared/state/spec.js';
import { dropOut } from '../../worker/compute/dropout.js';
import type { Net } from '../../worker/tasks/objective.js';

let runSeed: number | undefined;
let numStreams = 0;

/** Of all streams of a file of tests: drawn anew in each run and printed, or PRETEXT_TEST_SEED, which repeats a run. */
function seedOfRun(): number {
  if (runSeed === undefined) {
    runSeed = Number(process.env.PRETEXT_TEST_SEED ?? process.hrtime.bigint() % 0xffffffffn);
    const file = /[\w-]+\.test\.[jt]s/.exec(new Error().stack ?? '')?.[0] ?? 'this process';
    console.log(`PRETEXT_TEST_SEED=${runSeed} draws the same numbers again in ${file}`);
  }
  return runSeed;
}

/** A stream that is another one at each call and in each run of the tests. */
export function freshRandom(): { readonly random: Random; readonly seed: number } {
  const seed = seedOfRun();
  numStreams += 1;
  return { random: createRandom({ seed, epoch: 0, sample: numStreams, purpose: 'test' }), seed };
}

/** About normal: the sum of twelve uniforms, less six. */
export const normal = (random: Random): number => Array.from({ length: 12 }, () => random.float()).reduce((a, b) => a + b, -6);

export const normals = (random: Random, length: number): Float32Array => Float32Array.from({ length }, () => normal(random));

/** Of deviation 1, at a twelfth of the cost: large arrays are disturbed by it. */
const evenly = (random: Random): number => random.uniform(-Math.sqrt(3), Math.sqrt(3));

/** Largest |a - b| / (1 + |b|). */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (1 + Math.abs(expected[i]!));
    largest = Number.isNaN(error) ? Infinity : Math.max(largest, error);
  }
  return largest;
}

/** Slope of a computation in float64 along a direction, by a central difference so short that few kinks lie within it. */
export function slopeAlong(lossOf: (values: number[]) => number, at: ArrayLike<number>, direction: ArrayLike<number>): number {
  const step = 1e-7;
  const [above, below] = [step, -step].map((length) => lossOf(Array.from(at, (value, i) => value + length * direction[i]!))) as [number, number];
  return (above - below) / (2 * step);
}

export interface DirectionalCheck {
  readonly name: string;
  /** Gradient along one random direction, from the backward pass. */
  readonly analytic: number;
  /** The same from two forward passes. */
  readonly numeric: number;
}

/**
 * For every trainable parameter, the gradient along a random direction of length `step` against a central difference: the best
 * of several directions, some of a tenth of the length, for the others may cross a kink of ReLU or max pooling, which is no fault
 * of the gradient; rounding is worse there.
 * `lossOf` is told which array a difference is taken of: where several players learn, that is of the loss of the one who trains it.
 * Starting values are those of the layout, disturbed, so that zeros do not hide a wrong gradient.
 */
export function checkGradients(
  specs: readonly StateSpec[],
  lossOf: (parameters: Record<string, tf.Tensor>, changed?: string) => tf.Scalar,
  random: Random,
  step: number,
): DirectionalCheck[] {
  const layout = createLayout(specs);
  const flat = initValues(layout, random.uint32());
  const values = Object.fromEntries(
    layout.entries.map(({ name, shape, offset, length, kind }) => {
      const disturbed = flat.slice(offset, offset + length).map((value) => value + (kind === 'trained' ? 0.1 * evenly(random) : 0));
      return [name, tf.tensor(disturbed, [...shape], 'float32')];
    }),
  );
  const trained = layout.entries.filter(({ kind }) => kind === 'trained').map(({ name }) => name);
  const lossAt = (name: string, moved: tf.Tensor): number => tf.tidy(() => lossOf({ ...values, [name]: moved }, name).dataSync()[0]!);

  const { value, grads } = tf.tidy(() =>
    tf.valueAndGrads((...tensors: tf.Tensor[]) => {
      return lossOf({ ...values, ...Object.fromEntries(trained.map((name, i) => [name, tensors[i]!])) });
    })(trained.map((name) => values[name]!)),
  );
  const checkOnce = (name: string, gradient: tf.Tensor, step: number): DirectionalCheck => {
    const direction = Float32Array.from({ length: gradient.size }, () => evenly(random));
    const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
    const scaled = direction.map((x) => (x * step) / length);
    const analytic = gradient.dataSync<'float32'>().reduce((sum, g, k) => sum + g * scaled[k]!, 0) / step;
    const [above, below] = [1, -1].map((sign) => {
      const moved = tf.tidy(() => tf.add(values[name]!, tf.mul(tf.tensor(scaled, gradient.shape), sign)));
      const loss = lossAt(name, moved);
      moved.dispose();
      return loss;
    }) as [number, number];
    return { name, analytic, numeric: (above - below) / (2 * step) };
  };
  const errorOf = ({ analytic, numeric }: DirectionalCheck): number => Math.abs(analytic - numeric);
  const checks = trained.map((name, i) => {
    const tries = [step, step, step, step / 10, step / 10].map((length) => checkOnce(name, grads[i]!, length));
    return tries.reduce((best, next) => (errorOf(next) < errorOf(best) ? next : best));
  });
  tf.dispose([value, ...grads, ...Object.values(values)]);
  return checks;
}

/** Those checks that are off by more than `relative` of the larger plus `absolute`. */
export function wrongGradients(checks: readonly DirectionalCheck[], relative: number, absolute: number): DirectionalCheck[] {
  return checks.filter(({ analytic, numeric }) => {
    return !(Math.abs(analytic - numeric) <= absolute + relative * Math.max(Math.abs(analytic), Math.abs(numeric)));
  });
}

/**
 * Names of the arrays that are wrong at each of up to three points. A kink may lie near one point, whichever way a difference is taken; a
 * wrong gradient is wrong everywhere.
 */
export function alwaysWrong(wrongAt: () => readonly DirectionalCheck[]): string[] {
  let names = wrongAt().map(({ name }) => name);
  for (let point = 1; point < 3 && names.length > 0; point++) {
    const again = wrongAt().map(({ name }) => name);
    names = names.filter((name) => again.includes(name));
  }
  return names;
}

/** A net of dropout and named arrays alone, for heads that are tested without a trunk. */
export function createHeadNet(values: Readonly<Record<string, tf.Tensor>>, random?: Random): Pick<Net, 'named' | 'dropout'> {
  return { named: () => values, dropout: (inputs, share) => (random ? dropOut(inputs, share, random) : inputs) };
}
