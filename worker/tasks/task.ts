// What a pretext task is, first half: how puzzles are drawn, and what its head is made of. Loads no tensor library, so that
// augmentation threads, the coordinator and commands can read it; objective.ts has the other half.
// A task is one folder with puzzle.ts and objective.ts, and a line in each of puzzles.ts and objectives.ts.

import type { z } from 'zod';
import type { LabelKind } from '../../shared/datasets/dataset.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { MetricInfo } from '../../shared/learning.js';
import type { Random } from '../../shared/random/random.js';
import type { StateSpec } from '../../shared/state/spec.js';
import type { StageShape } from '../models/model.js';
import type { Media } from '../decode/media.js';
import type { ChannelMoments, Pixels } from '../pixels.js';

export type MediaKind = 'image' | 'video';

/** One named array of a sample. Pictures of `uint8`, [..., C] in 0..255, are normalised on the device. */
export interface ArraySpec {
  /** What pictures of bytes are normalised by. Default: photographs. */
  readonly moments?: ChannelMoments;
  readonly type: 'uint8' | 'int32' | 'float32';
  readonly shape: readonly number[];
}

export type TypedArray = Uint8Array | Int32Array | Float32Array;

/** Arrays by name: of one sample where it is drawn, of a microbatch (sample after sample) where it is learnt from. */
export type Arrays = Readonly<Record<string, TypedArray>>;

/** An array for people to look at; pictures, [..., H, W, C], are drawn. */
export interface ShownArray {
  readonly shape: readonly number[];
  readonly values: TypedArray;
}

/** A drawn puzzle in words and pictures. */
export interface Explanation {
  /** What is asked for, such as "turned by 90 degrees". */
  readonly answer: string;
  /** What people look at, by title. Default: the arrays as they were drawn. */
  readonly shown?: Readonly<Record<string, ShownArray>>;
  /** Of several tasks, the answer of each that has one, by its name. */
  readonly byTask?: Readonly<Record<string, string>>;
}

/** What a puzzle may depend on besides its options. */
export interface DataSizes {
  /** Height and width of a model's input, in pixels. */
  readonly side: number;
  /** What the numbers of a pixel are. */
  readonly pixels: Pixels;
  readonly microbatchSize: number;
  /** Samples of a step. */
  readonly samplesPerStep: number;
  /** Items that are trained on; 0 where nobody knows how many. */
  readonly numInstances: number;
  /** Side in pixels of the patches that the model can leave out; undefined where it cannot. */
  readonly patch?: number;
  /** Names of the classes, in the order of their numbers, where labels are learnt from. */
  readonly classes?: readonly string[];
  /** Share of the samples whose label is shown. */
  readonly labelled?: number;
  /** Share of the shown labels that each class has, in the order of their numbers. */
  readonly classShares?: readonly number[];
  /** What a guesser who knows these shares scores, by the name of the metric. */
  readonly chance?: Readonly<Record<string, number>>;
  /** Names of the stages of the trunk, first to last. */
  readonly stages?: readonly string[];
}

/** The trunk as a head sees it. */
export interface TrunkShape {
  /** Channels and side of the last feature map. */
  readonly channels: number;
  readonly side: number;
  readonly stages: readonly StageShape[];
  /** Arrays of the trunk, for tasks with a teacher of it. */
  readonly state: readonly StateSpec[];
}

export interface Needs {
  readonly media: MediaKind;
  /** Samples a second of sound, mono, that must come with the frames; undefined where no sound is needed. */
  readonly soundHz?: number;
  /** True where classes of pixels must come with the picture. */
  readonly mask?: true;
  /** What red, green and blue are needed for, in words that follow "needs colours"; undefined where any bands do. */
  readonly colour?: string;
}

/**
 * For each class of the second version of a puzzle the class of the first that it stands for, from the arrays of both; undefined where
 * that cannot be said of the two.
 */
export type MoveClasses = (first: Arrays, second: Arrays) => readonly number[] | undefined;

/** A task with its options bound. */
export interface Puzzle {
  readonly needs: Needs;
  /** Arrays of one sample, by name. */
  readonly arrays: Readonly<Record<string, ArraySpec>>;
  /**
   * Draws one puzzle into arrays of zeros. Pure: the same media, random stream and options give the same bytes. Returns false
   * when the media cannot make a puzzle at all (too few frames, too small, silent); the sample then has weight 0 and is reported.
   * `turn` is what `turnOf` gave; without one, all is drawn that there is.
   */
  draw(media: Media, random: Random, out: Arrays, turn?: number): boolean;
  /** Draws an item as it is measured: once, unchanged. Left out where it is measured as it is trained. */
  drawPlain?(media: Media, random: Random, out: Arrays, turn?: number): boolean;
  /** Which of several tasks the sample at a position of the run is for, where they take turns. */
  readonly turnOf?: (position: number) => number;
  /** For previews. Without it the arrays are shown as they were drawn. */
  explain?(drawn: Arrays): Explanation;
  /**
   * What the network made of a sample, by title, where its answer is a picture: for reports. `predicted` holds the numbers of one sample of what
   * the objective predicts, by name.
   */
  showPredicted?(drawn: Arrays, predicted: Readonly<Record<string, Float32Array>>): Readonly<Record<string, ShownArray>>;
  /** Names of its losses. */
  readonly terms: readonly string[];
  /** Those of them that the trunk does not learn from: they are another player's. */
  readonly othersTerms?: readonly string[];
  /** What a guesser loses, by the names of its losses, where that is known. Several tasks are weighed by it. */
  readonly chanceLosses?: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  /** Why two versions of a puzzle cannot be compared, where they cannot: a sentence's part. */
  readonly incomparable?: string;
  /** How the classes of a prediction, by its name, move with the puzzle; or why nobody can say. Consistency needs it. */
  readonly equivariance?: Readonly<Record<string, MoveClasses>> | string;
  /** The arrays of the head, named `head/...`, and whatever else the task keeps. */
  state(trunk: TrunkShape): readonly StateSpec[];
}

export interface TaskInfo<Options = unknown> {
  /** The task's part of a recipe: every option with its default, unit and meaning. Guards are options named `guards`. */
  readonly options: z.ZodType<Options>;
  /** Where it comes from, for the documentation. */
  readonly paper: string;
  /** What it learns from. A task for images takes frames of videos too. */
  readonly media: MediaKind;
  /** True for the one task of its media that a recipe gets which names none. */
  readonly isDefault?: boolean;
  /** True where the model must be able to leave out patches. */
  readonly needsPatches?: boolean;
  /** Name of the task of a stage that must come before, where this one goes on with its head. */
  readonly needsStage?: string;
  /** What labels must be, where items must have some. */
  readonly needsLabels?: LabelKind;
  /** Throws PretextError BAD_RECIPE where options and sizes do not go together. */
  bind(options: Options, sizes: DataSizes): Puzzle;
}

/** A square picture of bytes. */
export const pictureSpec = (side: number, pixels: Pixels): ArraySpec => ({ type: 'uint8', shape: [side, side, pixels.channels], moments: pixels });

/** Writes the one place of an array of one number. */
export function setNumber(array: TypedArray | undefined, value: number): void {
  array![0] = value;
}

/** Throws PretextError BAD_RECIPE where a microbatch holds one sample. `reason` follows the task's name. */
export function throwOnLoneSample(name: string, { microbatchSize }: Pick<DataSizes, 'microbatchSize'>, reason: string): void {
  if (microbatchSize >= 2) return;
  throw new PretextError('BAD_RECIPE', `batch.microbatchSize: "${name}" ${reason}: expected 2 or more, given ${microbatchSize}.`, {
    hint: 'Have fewer microbatches that are larger: 32 samples or more in each.',
  });
}
