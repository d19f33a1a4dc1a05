// One task of a checkpoint with what it has learnt, alone or among others, asked about items as they are.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import { tasksOf, type Learning } from '../../shared/recipe/tasks.js';
import { createArrays } from '../augment/arrays.js';
import { fillSlot, type DrawnArrays } from '../augment/prepare-samples.js';
import { toBatch } from '../compute/batch.js';
import type { TrainerParts } from '../compute/build-parts.js';
import { createNet } from '../compute/net.js';
import type { Media } from '../decode/media.js';
import type { NamedTensors } from '../models/model.js';
import type { ObjectiveFactory } from '../tasks/objective.js';
import { objectives } from '../tasks/objectives.js';
import { drawPlainly } from '../tasks/plain-puzzle.js';
import { puzzles, type TaskName } from '../tasks/puzzles.js';
import type { Puzzle, TaskInfo } from '../tasks/task.js';
import { ownOf } from '../tasks/wrap/names.js';
import { nameValues } from './features.js';

export interface LearntTask {
  readonly puzzle: Puzzle;
  /** What the objective predicts of samples, by name. Call it in tf.tidy. */
  predict(drawn: DrawnArrays): NamedTensors;
  /** The puzzle of a lone item as it is measured; undefined where none can be made of it. */
  draw(media: Media): DrawnArrays | undefined;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Undefined where the task was not learnt, or its classes are not known. Copies the values, [valuesLength]; dispose it. */
export function openLearntTask(name: TaskName, learning: Learning, { sizes, layout, model, modelOptions }: TrainerParts, values: Float32Array): LearntTask | undefined {
  const task = tasksOf(learning).find((each) => each.name === name);
  if (!task || !sizes.classes) return undefined;
  const puzzle = (puzzles[name] as TaskInfo).bind(task.options, sizes);
  const objective = (objectives[name] as ObjectiveFactory)(task.options, sizes);
  const named = nameValues(layout, values);
  const own = learning.tasks ? ownOf(name, named) : named;
  const plain = drawPlainly(puzzle);
  return {
    puzzle,
    predict: ({ arrays, weights }) => objective.predict(toBatch(puzzle, arrays, weights), createNet({ model, modelOptions, values: own })),
    draw(media) {
      const drawn = createArrays(plain, 1);
      // Nothing of a plain puzzle is random.
      return fillSlot(plain, drawn, 0, { media, random: createRandom({ seed: 0, epoch: 0, sample: 0, purpose: 'evaluate' }) }) ? drawn : undefined;
    },
    dispose: () => tf.dispose(named),
  };
}
