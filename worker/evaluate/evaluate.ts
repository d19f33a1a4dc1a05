// A whole evaluation: the pretext task on held-out items, probes of every stage of the trunk beside those of the same trunk before
// training, and learnt classes. Left out: files and decoding; items arrive as decoded frames, each once.

import type { Hidden } from '../../shared/learning.js';
import type { Learning } from '../../shared/recipe/tasks.js';
import { initValues } from '../../shared/state/init.js';
import type { TrainerParts } from '../compute/build-parts.js';
import type { Frames } from '../decode/frames.js';
import type { Media } from '../decode/media.js';
import type { Labelled } from './feature-set.js';
import { createEncoder, type Encoder } from './features.js';
import { labelMedia } from './labelled-media.js';
import { createLearntMeter, type LearntScores } from './learnt-meter.js';
import { createPretextMeter } from './pretext.js';
import type { PretextOptions, PretextScore } from './pretext.js';
import { scoreStages, type Encoded, type ProbeScores, type Seen } from './score-stages.js';

/** One decoded file. */
export interface EvaluationItem extends Labelled {
  readonly media: Media;
  /** Of an item to train on. Probes use it all the same. */
  readonly hidden?: Hidden;
}

export interface EvaluationOptions extends PretextOptions {
  /** Frames of a video whose features are averaged. */
  readonly framesPerItem: number;
  /** Whether attentive probes are fitted too: they take about 36 kB of memory for each item, stage and trunk. */
  readonly withAttentive?: boolean;
}

export interface Evaluation extends ProbeScores, LearntScores {
  readonly pretext: PretextScore;
}

export interface Evaluated {
  readonly parts: TrainerParts;
  /** Of the whole state, [valuesLength]. */
  readonly values: Float32Array;
  /** By what it was trained. Without it nothing is said of learnt classes. */
  readonly learning?: Learning;
  /** True where the values are a trunk's alone, which no task of ours made: no puzzles are solved then. */
  readonly isTrunkAlone?: boolean;
}

/** Evaluates a trunk and its head. The untrained trunk is the one that the seed gives. Reads each item once and keeps none of them. Leaves no tensor behind. */
export async function evaluate({ parts, values, learning, isTrunkAlone = false }: Evaluated, items: AsyncIterable<EvaluationItem>, options: EvaluationOptions): Promise<Evaluation> {
  const { model, modelOptions, layout, sizes: { side, pixels, classes = [] } } = parts;
  const meter = isTrunkAlone ? undefined : createPretextMeter(parts, values, options);
  const trained = createEncoder({ model, modelOptions, layout, values, side, pixels });
  const untrained = createEncoder({ model, modelOptions, layout, values: initValues(layout, options.seed), side, pixels });
  const learnt = learning && createLearntMeter({ learning, parts, values, framesPerItem: options.framesPerItem });
  try {
    const seen: Seen[] = [];
    for await (const { media, split, label } of items) {
      if (split === 'test') {
        const labelled = labelMedia(media, label, classes);
        await meter?.add(labelled);
        await learnt?.add(labelled);
      }
      if (label === undefined) continue;
      const isClip = media.fps !== undefined;
      const encode = (encoder: Encoder): Promise<Encoded> => encodeItem(encoder, media.frames, isClip ? options.framesPerItem : 1, options);
      seen.push({ split, label, isClip, trained: await encode(trained), untrained: await encode(untrained) });
    }
    return { pretext: (await meter?.score()) ?? { metrics: {}, numPuzzles: 0 }, ...(await scoreStages(parts.stages, seen)), ...learnt?.score() };
  } finally {
    for (const owner of [meter, trained, untrained, learnt]) owner?.dispose();
  }
}

async function encodeItem(encoder: Encoder, frames: Frames, numFrames: number, { framesPerItem, withAttentive = false }: EvaluationOptions): Promise<Encoded> {
  return withAttentive ? encoder.encodePlaces(frames, framesPerItem, numFrames) : { vectors: await encoder.encode(frames, framesPerItem) };
}
