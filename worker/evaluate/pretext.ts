// How well the pretext task itself is solved on items that were not trained on. It tells whether something was learnt and whether
// the task is too easy; it does not rank trunks of different tasks.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import type { Frames } from '../decode/frames.js';
import type { SampleSlot, Task } from '../tasks/task.js';
import type { Trunk } from './features.js';
import { nameParameters } from './features.js';

export interface PretextOptions {
  readonly task: Task;
  readonly taskOptions: unknown;
  readonly puzzlesPerItem: number;
  readonly seed: number;
}

export interface PretextScore {
  /** Share of puzzles solved, 0..1; NaN without a puzzle. */
  readonly accuracy: number;
  /** Of `accuracy`, as if the puzzles were independent: sqrt(accuracy * (1 - accuracy) / numPuzzles). */
  readonly standardError: number;
  /** What a guesser scores. */
  readonly chance: number;
  readonly numPuzzles: number;
}

export interface PretextMeter {
  /** Draws the item's puzzles and solves them. `item` is its number in the manifest. */
  add(frames: Frames, item: number): Promise<void>;
  score(): PretextScore;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** A trunk with its head, frozen. Copies the parameters; dispose it. */
export function createPretextMeter(trunk: Trunk, { task, taskOptions, puzzlesPerItem, seed }: PretextOptions): PretextMeter {
  const named = nameParameters(trunk.layout, trunk.parameters);
  const { numFrames, numTargets } = task.shape(taskOptions, trunk.side);
  const inputLength = numFrames * trunk.side * trunk.side * 3;
  let numPuzzles = 0;
  let numSolved = 0;

  function draw(frames: Frames, item: number): SampleSlot[] {
    return Array.from({ length: puzzlesPerItem }, (_, puzzle) => {
      const slot = { inputsFHWC: new Float32Array(inputLength), targets: new Int32Array(numTargets) };
      const random = createRandom({ seed, epoch: puzzle, sample: item, purpose: 'evaluate' });
      return task.prepare(frames, random, taskOptions, trunk.side, slot) ? [slot] : [];
    }).flat();
  }

  async function solve(slots: readonly SampleSlot[]): Promise<number> {
    const solved = tf.tidy(() => {
      const pixels = new Float32Array(slots.length * inputLength);
      slots.forEach(({ inputsFHWC }, i) => pixels.set(inputsFHWC, i * inputLength));
      const inputs = tf.tensor4d(pixels, [slots.length * numFrames, trunk.side, trunk.side, 3]);
      const targets = tf.tensor2d(slots.flatMap(({ targets }) => [...targets]), [slots.length, numTargets], 'int32');
      const features = trunk.model.apply(named, inputs, trunk.options, { training: false, statistics: {} }).at(-1)!;
      const random = createRandom({ seed, epoch: 0, sample: 0, purpose: 'unused' });
      const { metrics } = task.loss(named, { features }, targets, taskOptions, { training: false, random });
      return tf.sum(metrics['accuracy']!);
    });
    const [count] = await solved.data();
    solved.dispose();
    return count!;
  }

  return {
    async add(frames, item) {
      const slots = draw(frames, item);
      if (slots.length === 0) return;
      numSolved += await solve(slots);
      numPuzzles += slots.length;
    },
    score() {
      const accuracy = numSolved / numPuzzles;
      const standardError = Math.sqrt((accuracy * (1 - accuracy)) / numPuzzles);
      return { accuracy, standardError, chance: task.chance(taskOptions), numPuzzles };
    },
    dispose: () => tf.dispose(named),
  };
}
