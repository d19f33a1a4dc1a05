// A state of a few small arrays that is updated by hand: for tests of how each kind of array changes at a step.

import type { ExecutionContext } from 'ava';
import { createLayout, type Layout, type LayoutEntry } from '../../shared/state/layout.js';
import type { Init, StateSpec, TrainedSpec } from '../../shared/state/spec.js';
import { createTrainer, type Trainer } from '../../worker/compute/trainer.js';
import { optimizerShapes } from '../../worker/optimizers/options/index.js';
import { partsOf } from './recipes.js';
import { freshRandom, normals } from './numerics.js';

export const RATE = 0.1;
export const STEPS = 10;
export const SAMPLES_PER_STEP = 3;
export const ONE: Init = { kind: 'constant', value: 1 };

export const trained = (name: string, more: Partial<TrainedSpec> = {}): StateSpec =>
  ({ kind: 'trained', name, shape: [2], decay: false, init: { kind: 'uniform', bound: 1 }, ...more });

const PLAIN_SGD = { name: 'sgd', options: { momentum: 0, weightDecay: 0 } };

export interface UpdateBench {
  readonly layout: Layout;
  readonly trainer: Trainer;
  /** Values of an array now, or of one of its slots. */
  read(name: string, slot?: string): Promise<number[]>;
  /** One step. `travelled` has the sums of arrays that travel; zeros where it has none. `main` weighs as the samples do. */
  step(step: number, travelled: Readonly<Record<string, readonly number[]>>, weights?: Readonly<Record<string, number>>): void;
}

/** The state begins with random numbers. */
export function createBench(t: ExecutionContext, specs: readonly StateSpec[], groups: readonly object[] = []): UpdateBench {
  const parts = partsOf({
    data: { root: '/data' }, steps: STEPS, task: { name: 'rotation' },
    optimizer: { ...PLAIN_SGD, learningRate: RATE, schedule: { name: 'constant' }, groups },
  });
  const layout = createLayout(specs, { samplesPerStep: SAMPLES_PER_STEP, slotsOf: (name) => optimizerShapes[parts.groupOf(name).name].slots });
  const trainer = createTrainer({ ...parts, layout });
  t.teardown(() => trainer.dispose());
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  const first = new Float32Array(layout.stateLength);
  first.set(normals(random, layout.valuesLength));
  trainer.load(first);
  const entryOf = (name: string): LayoutEntry => layout.entries.find((entry) => entry.name === name)!;
  return {
    layout, trainer,
    async read(name, slot) {
      const state = new Float32Array(layout.stateLength);
      await trainer.save(state);
      const { offset, slots, slotOffset, length } = entryOf(name);
      const start = slot === undefined ? offset : slotOffset + slots.indexOf(slot) * length;
      return [...state.subarray(start, start + length)];
    },
    step(step, travelled, weights = { samples: 4, main: 4 }) {
      const gradientSum = new Float32Array(layout.gradientLength);
      for (const [name, values] of Object.entries(travelled)) gradientSum.set(values, entryOf(name).travelOffset);
      trainer.update({ step, gradientSum, weights });
    },
  };
}

/** Equal up to a few roundings to fp32. */
export function expectNear(t: ExecutionContext, actual: readonly number[], expected: readonly number[], what?: string): void {
  t.is(actual.length, expected.length, what);
  t.true(actual.every((value, i) => Math.abs(value - expected[i]!) < 3e-6 * (1 + Math.abs(expected[i]!))), `${what ?? ''} ${actual.join()} instead of ${expected.join()}`);
}
