// What a frozen trunk says about pictures and clips: one vector an item and stage, for probes to read.
// Left out: opening and decoding files; the caller hands over decoded frames.
// Shape letters: N frames, S side, C channels, D numbers of a stage.

import * as tf from '@tensorflow/tfjs-core';
import type { Layout } from '../../shared/state/layout.js';
import { normaliseFixed } from '../augment/ops/normalise.js';
import { pictureOf } from '../augment/ops/picture.js';
import type { Picture } from '../augment/ops/picture.js';
import { copyResized, middleBox } from '../augment/ops/resized-crop.js';
import type { Frames } from '../decode/frames.js';
import { createNet } from '../compute/net.js';
import type { ModelForward } from '../models/model.js';
import type { Pixels } from '../pixels.js';
import { poolPlaces, type FeatureMap } from './places.js';

/** A trunk with its values. */
export interface Trunk {
  readonly model: ModelForward;
  readonly modelOptions: unknown;
  readonly layout: Layout;
  /** Of the whole state, [valuesLength]. */
  readonly values: Float32Array;
  /** Of the square that the trunk sees, in pixels. */
  readonly side: number;
  readonly pixels: Pixels;
}

export interface Encoder {
  /** Features of an item at every stage, [D] each: averaged over places, and over `framesPerItem` evenly spaced frames. */
  encode(frames: Frames, framesPerItem: number): Promise<Float32Array[]>;
  /** Of each of these frames at every stage, [N * D] each: averaged over places. */
  encodeFrames(frames: Frames, framesPerItem: number): Promise<Float32Array[]>;
  /**
   * Besides what `encode` gives of `framesPerItem` frames, the places of the maps of `numViews` at every stage, [P, D] each: as many for every item,
   * for short clips show frames again. The trunk runs once where these are the same frames.
   */
  encodePlaces(frames: Frames, framesPerItem: number, numViews: number): Promise<{ readonly vectors: Float32Array[]; readonly places: Float32Array[] }>;
  /** Ends the tensors that it owns. */
  dispose(): void;
}

/** The values of a state by name. The caller disposes them. */
export function nameValues(layout: Layout, values: Float32Array): Record<string, tf.Tensor> {
  return Object.fromEntries(
    layout.entries.map(({ name, shape, offset, length }) => [name, tf.tensor(values.slice(offset, offset + length), [...shape])]),
  );
}

/** The middle of a picture at its own scale, or scaled up where it is smaller than `side`. */
export const copyMiddle = (picture: Picture, side: number, patchHWC: Float32Array): void =>
  copyResized(picture, middleBox(picture, side), side, patchHWC);

/** Numbers of `numChosen` frames, evenly spaced over a clip of `numFrames`. */
export function spaceFrames(numFrames: number, numChosen: number): number[] {
  const count = Math.min(numFrames, numChosen);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * numFrames) / count));
}

/** Frames of views one after another: each view has one frame of each of as many equal parts, every view others. */
export function spaceViews(numFrames: number, numViews: number, framesPerView: number): number[] {
  return Array.from({ length: numViews * framesPerView }, (_, place) => {
    const [view, part] = [Math.floor(place / framesPerView), place % framesPerView];
    return Math.floor(((part + (view + 0.5) / numViews) / framesPerView) * numFrames);
  });
}

function readMiddles(frames: Frames, chosen: readonly number[], { side, pixels }: Pick<Trunk, 'side' | 'pixels'>): tf.Tensor4D {
  const { channels } = pixels;
  const length = side * side * channels;
  const patches = new Float32Array(chosen.length * length);
  chosen.forEach((frame, i) => {
    const patch = patches.subarray(i * length, (i + 1) * length);
    copyMiddle(pictureOf(frames, frame), side, patch);
    normaliseFixed(patch, pixels);
  });
  return tf.tensor4d(patches, [chosen.length, side, side, channels]);
}

/** Axes of a map. */
const ALL_PLACES = [0, 1, 2];

/** A frozen trunk. Copies the values; dispose it. */
export function createEncoder({ model, modelOptions, layout, values, side, pixels }: Trunk): Encoder {
  const named = nameValues(layout, values);
  /** What becomes of the maps, stage after stage. */
  async function run(frames: Frames, chosen: readonly number[], reduce: (mapNHWD: tf.Tensor4D) => tf.Tensor[]): Promise<FeatureMap[]> {
    const reduced = tf.tidy(() => createNet({ model, modelOptions, values: named }).encode(readMiddles(frames, chosen, { side, pixels })).flatMap(reduce));
    const maps = await Promise.all(reduced.map(async (each) => ({ shape: each.shape as FeatureMap['shape'], valuesNHWD: await each.data<'float32'>() })));
    tf.dispose(reduced);
    return maps;
  }
  const average = async (frames: Frames, framesPerItem: number, axes: number[]): Promise<Float32Array[]> =>
    (await run(frames, spaceFrames(frames.numFrames, framesPerItem), (map) => [tf.mean(map, axes)])).map(({ valuesNHWD }) => valuesNHWD);
  return {
    encode: (frames, framesPerItem) => average(frames, framesPerItem, ALL_PLACES),
    encodeFrames: (frames, framesPerItem) => average(frames, framesPerItem, [1, 2]),
    async encodePlaces(frames, framesPerItem, numViews) {
      const views = spaceViews(frames.numFrames, numViews, 1);
      if (views.join() === spaceFrames(frames.numFrames, framesPerItem).join()) {
        const both = await run(frames, views, (map) => [tf.mean(map, ALL_PLACES), tf.clone(map)]);
        return { vectors: both.filter((_, i) => i % 2 === 0).map(({ valuesNHWD }) => valuesNHWD), places: both.filter((_, i) => i % 2 === 1).map((map) => poolPlaces(map)) };
      }
      const places = (await run(frames, views, (map) => [tf.clone(map)])).map((map) => poolPlaces(map));
      return { vectors: await average(frames, framesPerItem, ALL_PLACES), places };
    },
    dispose: () => tf.dispose(named),
  };
}
