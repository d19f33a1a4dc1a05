// The part of a recipe that says what to train on, and how it is decoded.

import { z } from 'zod';
import { labelKindNames } from '../datasets/dataset.js';
import { sourceKinds, type SourceName } from '../datasets/kinds.js';
import { sampleTypes } from '../datasets/pictures/raster.js';

const limits = z.tuple([z.number(), z.number()]).refine(([black, white]) => black < white, { message: 'black below white' });

/** As shared/datasets/pictures/range.ts has it. */
const range = z.union([
  z.enum(['auto', 'full']),
  z.strictObject({ bits: z.int().min(1).max(32) }),
  z.strictObject({ percentiles: z.tuple([z.number().min(0).max(100), z.number().min(0).max(100)]).refine(([low, high]) => low < high, { message: 'the lower one first' }) }),
  z.strictObject({ limits: z.array(limits).min(1).max(64) }),
  z.strictObject({ types: z.partialRecord(z.enum(sampleTypes), z.array(limits).min(1).max(64)) }),
  limits,
]);

/** By channel, as shares of the range. */
const byChannel = (number: z.ZodNumber) => z.array(number).min(1).max(64).optional();

export const data = z
  .strictObject({
    root: z.string().min(1).meta({
      description: 'Folder of images or videos, with any folders below it. A relative path starts at the current folder.',
      allowed: 'the path of a folder (--data gives it too)',
    }),
    source: z.enum(['auto', ...(Object.keys(sourceKinds) as SourceName[])]).default('auto').meta({
      description: 'What to list. `auto`: the kind that the folder has most files of.',
    }),
    holdout: z.number().min(0).max(0.9).default(0.1).meta({
      description: 'Share of the items kept out of pretraining, for evaluation. Items that the data itself splits keep their split.',
    }),
    channels: z.union([z.enum(['rgb', 'grey', 'all']), z.array(z.int().min(1).max(1024)).min(1).max(64).readonly()]).default('rgb').meta({
      description: 'What of a pixel the model sees. `rgb`: the first three bands, grey three times. `grey`: one channel, the luma of colours. `all`: every band that the pictures have. A list: these bands, counted from 1. Videos have three.',
      allowed: 'rgb, grey, all, or a list of bands such as [4, 3, 2]',
    }),
    range: range.default('auto').meta({
      description: 'Which values become black and white. `full`: those of the type, 0 to 255 or 65535. `auto`: that for 8 bits, and for deeper pictures what the values of the training set fill, or a window that the file has. `{bits: 12}`: 0 to 4095. `[-1000, 400]`: these. `{percentiles: [1, 99]}`: of all values of the training set. `{limits: [[0, 4095], ...]}`: one for each channel. `{types: ...}`: by the type of numbers, as a prepared run has it. Videos ignore it.',
      allowed: 'auto, full, two numbers, or one of {bits: B}, {percentiles: [P, Q]}, {limits: ...}, {types: ...}',
    }),
    mean: byChannel(z.number().min(-1000).max(1000)).meta({
      description: 'Means of the channels, by which they are normalised, as shares of the range. Default: those of photographs for `rgb` and `grey`, measured for bands.', allowed: 'a list of numbers, one for each channel',
    }),
    deviation: byChannel(z.number().gt(0).max(1000)).meta({
      description: 'Deviations of the channels, likewise.', allowed: 'a list of numbers above 0, one for each channel',
    }),
    side: z.int().min(8).max(1024).default(64).meta({
      unit: 'px', description: 'Height and width of the square crop that the model sees.',
    }),
    shortSide: z.int().min(8).max(2048).default(76).meta({
      unit: 'px', description: 'What the decoder scales the shorter side of a picture to; not less than `data.side`. The difference is room for random crops.',
    }),
    fps: z.number().gt(0).max(240).default(8).meta({
      unit: 'frames/s', description: 'Rate that clips are resampled to. Images ignore it.',
    }),
    segmentS: z.number().gt(0).max(600).default(8).meta({
      unit: 's', description: 'Length of the segment that is decoded for one sample of a video. Images ignore it.',
    }),
    clipsPerVideo: z.int().min(1).max(10_000).default(1).meta({
      description: 'Samples that a video gives in an epoch, each from a segment of its own. Images ignore it.',
    }),
    firstEpoch: z.int().min(0).max(1_000_000).optional().meta({
      description: 'Number of the first epoch, which order and crops depend on: a stage on the data of the one before goes on with others. Default: 0.',
    }),
    list: z.string().min(1).optional().meta({
      description: 'Text file with a path a line, below `data.root`: only these files are used. A relative path of its own starts at the current folder. Default: every file of the folder.',
      allowed: 'the path of a text file',
    }),
    labelShare: z.number().gt(0).max(1).optional().meta({
      description: 'Share of the labelled training items of each class (of all, where an item may have several classes, and of masks) whose label a task that learns from labels is shown, one of each class at least; a larger share '
        + 'shows the same and more. Default: all.',
    }),
    labelRepeats: z.int().min(1).max(1000).optional().meta({
      description: 'How often an item whose label is shown comes in an epoch, each time drawn anew, beside items without one: few labels are then in every step. Default: 1.',
    }),
    classes: z.array(z.string().min(1)).min(2).max(100_000).optional().meta({
      description: 'Names of the classes, in the order of their numbers. A run fills it in from the labels of its training items, for a task that learns from labels.',
      allowed: 'a list of names',
    }),
    labelled: z.number().gt(0).max(1).optional().meta({
      description: 'Share of the samples that have a label which is shown. A run fills it in.',
    }),
    labelKind: z.enum(labelKindNames).optional().meta({
      description: 'What labels are: one class an item, several `classes` an item, or a class of each pixel (`mask`). A run fills it in. Default: one class.',
    }),
    classShares: z.array(z.number().min(0).max(1)).min(2).max(100_000).optional().meta({
      description: 'Share of the shown labels that each class has. A run fills it in.', allowed: 'a list of numbers from 0 to 1, one for each class',
    }),
    chance: z.record(z.string(), z.number()).optional().meta({
      description: 'What a guesser who knows how frequent classes are scores by metrics of the task. A run fills it in. Does not change the result.',
      allowed: 'numbers by the names of metrics',
    }),
    links: z.enum(['inside', 'all']).default('inside').meta({
      description: 'Links that are followed: those that stay within the folder, or `all`. Files that links outside lead to are sent to workers too. Does not change the result.',
    }),
    maxUnusable: z.number().min(0).max(1).default(1).meta({
      description: 'Share of the samples of an epoch that may be unusable; more end the run with an error, and so does an epoch without a usable one. '
        + 'Does not change the result.',
    }),
  })
  .refine((value) => value.shortSide >= value.side, {
    path: ['shortSide'],
    message: 'a whole number not less than data.side',
  });
