// A whole evaluation: the pretext task on held-out items, and probes of every stage of the trunk beside those of the same trunk
// before training. Left out: files and decoding; items arrive as decoded frames, each once.

import type { Hidden } from '../../shared/learning.js';
import { initValues } from '../../shared/state/init.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Media } from '../decode/media.js';
import type { StageShape } from '../models/model.js';
import { splitByClass, stackRows, type FeatureSet, type Labelled } from './feature-set.js';
import { createEncoder } from './features.js';
import { scoreKnn } from './knn.js';
import { labelMedia } from './labelled-media.js';
import { scoreLinearProbe } from './linear-probe.js';
import { createPretextMeter } from './pretext.js';
import type { PretextOptions, PretextScore } from './pretext.js';

/** One decoded file. */
export interface EvaluationItem extends Labelled {
  readonly media: Media;
  /** Of an item to train on. Probes use it all the same. */
  readonly hidden?: Hidden;
}

export interface EvaluationOptions extends PretextOptions {
  /** Frames of a video whose features are averaged. */
  readonly framesPerItem: number;
}

export interface StageScores {
  readonly stage: string;
  /** Accuracies on the test split, 0..1. */
  readonly knn: number;
  readonly linear: number;
  readonly knnRandomInit: number;
  readonly linearRandomInit: number;
}

export interface Evaluation {
  readonly pretext: PretextScore;
  /** One a stage, first to last; empty where the data has fewer than two classes, or no labelled items in one of the splits. */
  readonly stages: readonly StageScores[];
  /** Labelled items that the probes were trained and tested on. */
  readonly numTrain: number;
  readonly numTest: number;
  readonly numClasses: number;
}

/** What probes need of one item: a vector for every stage, by the trained trunk and by the untrained one. */
interface Seen extends Labelled {
  readonly trained: readonly Float32Array[];
  readonly untrained: readonly Float32Array[];
}

export interface Evaluated {
  readonly parts: TrainerParts;
  /** Of the whole state, [valuesLength]. */
  readonly values: Float32Array;
}

/** Evaluates a trunk and its head. The untrained trunk is the one that the seed gives. Reads each item once and keeps none of them. Leaves no tensor behind. */
export async function evaluate({ parts, values }: Evaluated, items: AsyncIterable<EvaluationItem>, options: EvaluationOptions): Promise<Evaluation> {
  const { model, modelOptions, layout, sizes: { side, pixels, classes } } = parts;
  const meter = createPretextMeter(parts, values, options);
  const trained = createEncoder({ model, modelOptions, layout, values, side, pixels });
  const untrained = createEncoder({ model, modelOptions, layout, values: initValues(layout, options.seed), side, pixels });
  try {
    const seen: Seen[] = [];
    for await (const { media, split, label } of items) {
      if (split === 'test') await meter.add(labelMedia(media, label, classes));
      if (label === undefined) continue;
      const after = await trained.encode(media.frames, options.framesPerItem);
      const before = await untrained.encode(media.frames, options.framesPerItem);
      seen.push({ split, label, trained: after, untrained: before });
    }
    return { pretext: await meter.score(), ...(await scoreStages(parts.stages, seen)) };
  } finally {
    for (const owner of [meter, trained, untrained]) owner.dispose();
  }
}

async function scoreStages(shapes: readonly StageShape[], seen: readonly Seen[]): Promise<Omit<Evaluation, 'pretext'>> {
  const { classes, train, test } = splitByClass(seen);
  const [numTrain, numTest, numClasses] = [train.length, test.length, classes.length];
  if (numClasses < 2 || numTest === 0) return { stages: [], numTrain, numTest, numClasses };

  const stages: StageScores[] = [];
  for (const [stage, { name }] of shapes.entries()) {
    const setsOf = (trunk: 'trained' | 'untrained') => [train, test].map((rows) => stackRows(rows, classes, (row) => row[trunk][stage]!)) as [FeatureSet, FeatureSet];
    const [after, before] = [setsOf('trained'), setsOf('untrained')];
    stages.push({
      stage: name,
      knn: scoreKnn(...after, numClasses),
      linear: await scoreLinearProbe(...after, numClasses),
      knnRandomInit: scoreKnn(...before, numClasses),
      linearRandomInit: await scoreLinearProbe(...before, numClasses),
    });
  }
  return { stages, numTrain, numTest, numClasses };
}
