// What a network that has learnt from labels makes of held-out items, by the kind of labels: figures of each class, and what is mistaken.

import type { Learning } from '../../shared/recipe/tasks.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Media } from '../decode/media.js';
import { describeClassification, type Answer, type Classification } from './classification.js';
import { createClassifier } from './classifier.js';
import { createLabeller } from './labeller.js';
import { describeMultiLabel, type ListedAnswer, type MultiLabelScores } from './multi-label.js';
import { createPixelCounter, type Segmentation } from './segmentation.js';
import { createSegmenter } from './segmenter.js';

/** Absent where nothing of the kind was learnt, or no held-out item has such a label. */
export interface LearntScores {
  readonly classification?: Classification;
  readonly multiLabel?: MultiLabelScores;
  readonly segmentation?: Segmentation;
}

export interface LearntOptions {
  readonly learning: Learning;
  readonly parts: TrainerParts;
  /** Of the whole state, [valuesLength]; copied. */
  readonly values: Float32Array;
  /** Of a clip. */
  readonly framesPerItem: number;
}

export interface LearntMeter {
  /** Of a held-out item with what labels say of it. Keeps a number or so for each class, and nothing of its pixels. */
  add(media: Media): Promise<void>;
  score(): LearntScores;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** Dispose it. */
export function createLearntMeter({ learning, parts, values, framesPerItem }: LearntOptions): LearntMeter {
  const { classes = [] } = parts.sizes;
  const classifier = createClassifier(learning, parts, values);
  const labeller = createLabeller(learning, parts, values);
  const segmenter = createSegmenter(learning, parts, values);
  const [answers, listed]: [Answer[], ListedAnswer[]] = [[], []];
  const pixels = segmenter && createPixelCounter(classes);
  return {
    async add(media) {
      const { frames, label, labels, mask } = media;
      if (label !== undefined && classifier) answers.push({ label, probabilities: await classifier.classify(frames, framesPerItem) });
      const logits = labels && (await labeller?.label(media));
      if (logits) listed.push({ labels, logits });
      const told = mask && (await segmenter?.tell(media));
      if (told) pixels?.add(told.mask, told.told);
    },
    score() {
      const [classification, multiLabel, segmentation] = [describeClassification(classes, answers), describeMultiLabel(classes, listed), pixels?.describe()];
      return { ...(classification && { classification }), ...(multiLabel && { multiLabel }), ...(segmentation && { segmentation }) };
    },
    dispose() {
      for (const owner of [classifier, labeller, segmenter]) owner?.dispose();
    },
  };
}
