// What probes read of every stage of a trunk, beside those of the same trunk before training.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { StageShape } from '../models/model.js';
import { scoreAttentiveProbe, type PlaceSet } from './attentive-probe.js';
import { splitByClass, stackRows, type FeatureSet, type Labelled } from './feature-set.js';
import { scoreKnn } from './knn.js';
import { scoreLinearProbe } from './linear-probe.js';
import { chanceOfRetrieval, scoreRetrieval, type RecallAt } from './retrieval.js';

/** What a trunk says of one item: a vector for every stage, and its places where attentive probes are asked for. */
export interface Encoded {
  readonly vectors: readonly Float32Array[];
  readonly places?: readonly Float32Array[];
}

export interface Seen extends Labelled {
  readonly isClip: boolean;
  readonly trained: Encoded;
  readonly untrained: Encoded;
}

export interface StageScores {
  readonly stage: string;
  /** Accuracies on the test split, 0..1. */
  readonly knn: number;
  readonly linear: number;
  readonly knnRandomInit: number;
  readonly linearRandomInit: number;
  /** Where attentive probes are asked for. */
  readonly attentive?: number;
  readonly attentiveRandomInit?: number;
  /** Of clips: the share that has one of its class among so many nearest ones to train on, and what chance would reach. */
  readonly retrieval?: readonly RetrievalScore[];
}

export interface RetrievalScore extends RecallAt {
  readonly recallRandomInit: number;
  readonly chance: number;
}

export interface ProbeScores {
  /** One a stage, first to last; empty where the data has fewer than two classes, or no labelled items in one of the splits. */
  readonly stages: readonly StageScores[];
  /** Labelled items that the probes were trained and tested on. */
  readonly numTrain: number;
  readonly numTest: number;
  readonly numClasses: number;
}

export async function scoreStages(shapes: readonly StageShape[], seen: readonly Seen[]): Promise<ProbeScores> {
  const { classes, train, test } = splitByClass(seen);
  const counts = { numTrain: train.length, numTest: test.length, numClasses: classes.length };
  if (classes.length < 2 || test.length === 0) return { stages: [], ...counts };
  const labelsOf = (rows: readonly Row[]): Int32Array => Int32Array.from(rows, ({ label }) => classes.indexOf(label));
  const chance = test.every(({ isClip }) => isClip) ? chanceOfRetrieval(labelsOf(train), labelsOf(test)) : undefined;
  const stages: StageScores[] = [];
  for (const [stage, { name }] of shapes.entries()) {
    const after = await scoreStage({ train, test, classes, trunk: 'trained', stage });
    const before = await scoreStage({ train, test, classes, trunk: 'untrained', stage });
    stages.push({
      stage: name, knn: after.knn, linear: after.linear, knnRandomInit: before.knn, linearRandomInit: before.linear,
      ...dropUndefined({ attentive: after.attentive, attentiveRandomInit: before.attentive }),
      ...(chance && { retrieval: chance.map(({ nearest, recall }, i) => ({ nearest, recall: after.retrieval![i]!.recall, recallRandomInit: before.retrieval![i]!.recall, chance: recall })) }),
    });
  }
  return { stages, ...counts };
}

type Row = Seen & { readonly label: string };

interface StageOf {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
  readonly classes: readonly string[];
  readonly trunk: 'trained' | 'untrained';
  readonly stage: number;
}

interface TrunkScores {
  readonly knn: number;
  readonly linear: number;
  readonly attentive?: number;
  readonly retrieval?: readonly RecallAt[];
}

async function scoreStage({ train, test, classes, trunk, stage }: StageOf): Promise<TrunkScores> {
  const numClasses = classes.length;
  const stack = (rows: readonly Row[]): FeatureSet => stackRows(rows, classes, (row) => row[trunk].vectors[stage]!);
  const [trainSet, testSet] = [stack(train), stack(test)];
  const stackPlaces = (rows: readonly Row[]): PlaceSet => {
    const { featuresND: placesNPD, labels } = stackRows(rows, classes, (row) => row[trunk].places![stage]!);
    return { placesNPD, numDims: trainSet.numDims, labels };
  };
  return {
    knn: scoreKnn(trainSet, testSet, numClasses),
    linear: await scoreLinearProbe(trainSet, testSet, numClasses),
    ...(test[0]![trunk].places && { attentive: await scoreAttentiveProbe(stackPlaces(train), stackPlaces(test), numClasses) }),
    ...(test.every(({ isClip }) => isClip) && { retrieval: scoreRetrieval(trainSet, testSet) }),
  };
}
