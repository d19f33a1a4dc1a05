// The network while one microbatch goes through it: the only forward pass, for training, evaluation and previews.

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../../shared/random/random.js';
import { stopGradient } from '../backends/stop-gradient.js';
import type { ModelForward, NamedTensors, Statistics } from '../models/model.js';
import { TEACHER_PREFIX } from '../models/teacher-state.js';
import type { Net, WeightsOf } from '../tasks/objective.js';
import { dropOut } from './dropout.js';

export interface NetOptions {
  readonly model: ModelForward;
  readonly modelOptions: unknown;
  /** The values of the state by name. */
  readonly values: NamedTensors;
  /** What dropout and losses draw by while training; undefined when evaluating. */
  readonly training?: { readonly seed: number; readonly step: number; readonly microbatch: number };
  /** Names of arrays that this step leaves as they are. */
  readonly frozen?: ReadonlySet<string>;
  /** How much of the stage is behind, from 0 to 1. Default: all. */
  readonly progress?: number;
}

export interface SeeingNet extends Net {
  /** What batch norm saw of the student, averaged over the times that the trunk was applied. */
  statistics(): Statistics;
}

/** Names without the teacher's prefix stand for what the teacher has. */
function namedOf(values: NamedTensors, weights: WeightsOf): NamedTensors {
  if (weights === 'student') return values;
  if (weights === 'fixed') return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, stopGradient(value)]));
  const followed = Object.entries(values).filter(([name]) => name.startsWith(TEACHER_PREFIX));
  return Object.fromEntries(followed.map(([name, value]) => [name.slice(TEACHER_PREFIX.length), value]));
}

/** Owns nothing: call inside tf.tidy. */
export function createNet({ model, modelOptions, values, training, frozen, progress = 1 }: NetOptions): SeeingNet {
  const isTraining = training !== undefined;
  const key = training ? { seed: training.seed, epoch: training.step, sample: training.microbatch } : { seed: 0, epoch: 0, sample: 0 };
  const dropoutRandom = isTraining ? createRandom({ ...key, purpose: 'loss' }) : undefined;
  const seen: Statistics[] = [];
  return {
    encode(images, { weights = 'student', statistics = 'microbatch', visible } = {}) {
      const recorded: Statistics = {};
      const context = { training: isTraining && statistics === 'microbatch', statistics: recorded, frozen, ...(visible && { visible }) };
      const maps = model.apply(namedOf(values, weights), images, modelOptions, context);
      if (weights === 'student' && statistics === 'microbatch') seen.push(recorded);
      return maps;
    },
    named: (weights = 'student') => namedOf(values, weights),
    dropout: (inputs, share) => (dropoutRandom ? dropOut(inputs, share, dropoutRandom) : inputs),
    isTraining,
    progress,
    random: createRandom({ ...key, purpose: 'objective' }),
    statistics() {
      const [first, ...others] = seen;
      if (first === undefined || others.length === 0) return first ?? {};
      return Object.fromEntries(Object.keys(first).map((name) => [name, tf.div(tf.addN(seen.map((each) => each[name]!)), seen.length)]));
    },
  };
}
