// Objectives that learn from labels, on logits that a test gives: how often classes are, and what comes of the losses.

import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../../worker/models/model.js';
import type { Net, Objective } from '../../worker/tasks/objective.js';

/** Of the shown labels, by class. */
export const SHARES = [0.5, 0.4, 0.1];

/** Of four samples. */
export const LOGITS = [[1, 0.2, -1], [0.5, 2, 0], [0, 0.1, 0.3], [3, -1, 0]];

/** Who each sample was blended with, and the share of its own. */
export interface Mix {
  readonly partner: readonly number[];
  readonly own: readonly number[];
}

/** What predictions of blended samples have besides their logits. */
export const mixed = ({ partner, own }: Mix): NamedTensors => ({ partner: tf.tensor1d([...partner], 'int32'), own: tf.tensor1d([...own]) });

export interface Lost {
  readonly losses: readonly number[];
  /** By name: values, and what each counts. */
  readonly metrics: Readonly<Record<string, { readonly values: readonly number[]; readonly counted: readonly number[] }>>;
}

/** `lose` calls an objective; all that it makes is gone afterwards. */
export function readOutcome(lose: () => ReturnType<Objective['losses']>): Lost {
  return tf.tidy(() => {
    const { terms, metrics } = lose();
    const read = (tensor: tf.Tensor | undefined): number[] => [...tensor!.dataSync<'float32'>()];
    return {
      losses: read(terms['crossEntropy']!.perSample),
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, { perSample, weight }]) => [name, { values: read(perSample), counted: read(weight) }])),
    };
  });
}

/** Such objectives read nothing else of a net when they lose. */
export const netAt = (progress: number): Net => ({ progress }) as Net;
